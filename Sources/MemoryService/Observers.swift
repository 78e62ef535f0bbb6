/// Several observers as one: each is told everything, in order.
public struct Observers: Observer {
    private let all: [any Observer]

    /// Tells `all`.
    public init(_ all: [any Observer]) {
        self.all = all
    }

    /// Hands `observation` on.
    public func observe(_ observation: Observation) {
        for observer in all { observer.observe(observation) }
    }

    /// Hands `summary` on.
    public func requestFinished(_ summary: Observation.RequestSummary) {
        for observer in all { observer.requestFinished(summary) }
    }
}
