/// A piece of the daemon's own work.
public struct Worker: Sendable {
    /// Over which daemons a run counts.
    public enum Reach: Sendable, Hashable {
        /// One run serves all daemons on the database.
        case cluster

        /// Each daemon has its own, of what only it knows.
        case daemon
    }

    /// When it works.
    public enum Rhythm: Sendable, Hashable {
        /// Run by run.
        case scheduled(Schedule)

        /// All the time: its run ends only when it fails, and is then begun again.
        case continuous
    }

    /// What a run is told.
    public struct Run: Sendable {
        /// Why it runs.
        public enum Reason: Sendable, Hashable {
            /// It was due.
            case schedule
            /// Someone asked for it.
            case request
            /// What it watches asked for it, and why.
            case trigger(String)
        }

        /// Why it runs.
        public var reason: Reason

        /// Makes a run.
        public init(reason: Reason) {
            self.reason = reason
        }
    }

    /// What a worker tells of itself between runs. Called often: answers at once.
    public enum Condition: Sendable, Hashable {
        /// Nothing is amiss.
        case fine

        /// What is going on, where a run tells nothing as long as it goes well.
        case working(String)

        /// What is amiss: health is `degraded`.
        case degraded(String)
    }

    /// Its name, such as `expiry-cleanup`.
    public var name: String

    /// Over which daemons a run counts.
    public var reach: Reach

    /// When it works.
    public var rhythm: Rhythm

    /// Whether health is degraded after a run that failed.
    public var isFailureGrave: Bool

    /// Does the work, and says what it did. It ends soon after its task is cancelled, which happens when the daemon stops or
    /// another one may have begun the same work; an error's description is the reason that is reported.
    public var work: @Sendable (Run) async throws -> String

    /// Looked at every few seconds: why to run now though it is not due, if so.
    public var trigger: @Sendable () async -> String?

    /// What it tells of itself between runs.
    public var condition: @Sendable () -> Condition

    /// Makes a worker of its parts.
    public init(
        name: String, reach: Reach = .cluster, rhythm: Rhythm, isFailureGrave: Bool = true,
        trigger: @escaping @Sendable () async -> String? = { nil },
        condition: @escaping @Sendable () -> Condition = { .fine },
        work: @escaping @Sendable (Run) async throws -> String
    ) {
        self.name = name
        self.reach = reach
        self.rhythm = rhythm
        self.isFailureGrave = isFailureGrave
        self.trigger = trigger
        self.condition = condition
        self.work = work
    }

    /// Its schedule in words.
    public var schedule: String {
        switch rhythm {
        case .scheduled(let schedule): schedule.description
        case .continuous: "always"
        }
    }
}
