/// What other sessions have said, by NOTIFY, on the channels that a session listens to.
public struct PostgresNotifications: Sendable, Equatable {
    /// The payloads, in the order in which the server sent them.
    public private(set) var payloads: [String] = []

    /// Whether nothing was left out: at most ``PostgresLimits/maximumNotifications`` are kept for who does not take them.
    public private(set) var isComplete = true

    init() {}

    mutating func append(_ payload: String) {
        guard payloads.count < PostgresLimits.maximumNotifications else {
            isComplete = false
            return
        }
        payloads.append(payload)
    }
}
