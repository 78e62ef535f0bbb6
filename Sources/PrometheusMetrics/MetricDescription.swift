/// What swift-metrics has no words for: how a family is told of, and into which buckets its observations fall.
public struct MetricDescription: Hashable, Sendable {
    /// The family, by its name.
    public var name: String

    /// What is measured, for a person.
    public var help: String

    /// The upper bounds of a histogram's buckets, ascending, in the family's unit.
    public var bounds: [Double]

    /// Whether series that have counted nothing yet are shown. A zero lets a reader see the first event as a growth; of
    /// families with very many series it would be most of the text.
    public var showsZero: Bool

    /// Bounds for the time of a request, in seconds: from a cached read to the longest wait that callers are used to.
    public static let requestSeconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// Makes a description of its parts.
    public init(
        _ name: String, _ help: String, bounds: [Double] = MetricDescription.requestSeconds, showsZero: Bool = true
    ) {
        self.name = name
        self.help = help
        self.bounds = bounds
        self.showsZero = showsZero
    }
}
