/// What a service has told its manager of its life, and so may tell next: a plain state machine.
struct ServicePhase: Sendable {
    /// Where it stands.
    enum Stage: Hashable, Sendable {
        case starting, serving, reloading, stopping
    }

    /// What happens to the service.
    enum Event: Hashable, Sendable {
        /// It serves.
        case serves
        /// It begins to read its configuration anew, at that instant of CLOCK_MONOTONIC, in microseconds.
        case reloads(atMicroseconds: Int64)
        /// The new configuration, or still the old one, is in force.
        case reloaded
        /// It ends.
        case stops
        /// It is so.
        case says(String)
        /// All its parts have proven that they turn.
        case proves
    }

    /// How far an end of the start or of the stop is put off with each proof; the proofs come more often.
    static let patience = Duration.seconds(30)

    private(set) var stage = Stage.starting
    private(set) var status: String?

    /// What the manager is to be told.
    mutating func messages(for event: Event) -> [ServiceMessage] {
        switch event {
        case .serves:
            guard stage == .starting else { return [] }
            stage = .serving
            return [.ready]
        case .reloads(let microseconds):
            // Of one that is not ready yet, or not any more, the manager expects no reload.
            guard stage == .serving else { return [] }
            stage = .reloading
            return [.reloading(sinceMicroseconds: microseconds)]
        case .reloaded:
            guard stage == .reloading else { return [] }
            stage = .serving
            return [.ready]
        case .stops:
            guard stage != .stopping else { return [] }
            stage = .stopping
            return [.stopping, .extendTimeout(Self.patience)]
        case .says(let text):
            guard text != status else { return [] }
            status = text
            return [.status(text)]
        case .proves:
            switch stage {
            case .starting, .stopping: return [.extendTimeout(Self.patience)]
            case .serving, .reloading: return [.watchdog]
            }
        }
    }
}
