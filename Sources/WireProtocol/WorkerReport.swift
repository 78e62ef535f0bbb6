public import MemoryModel

/// What `getWorkers` tells of one scheduled worker.
public struct WorkerReport: Hashable, Sendable {
    /// How a worker is.
    public enum State: String, Hashable, Sendable {
        /// It waits for its time.
        case waiting

        /// It is at work, here or in another daemon on the same database.
        case running

        /// It runs only when asked to.
        case off
    }

    /// Its name.
    public var name: String

    /// When it works, such as `every 60s`, `daily 03:00`, `always` or `off`.
    public var schedule: String

    /// Whether it is at work.
    public var state: State

    /// When its last run began, one under way included; nil before the first.
    public var lastRunAt: Timestamp?

    /// How the last run that ended did so: begins with `ok` or `failed`; nil before there was one.
    public var lastResult: String?

    /// How long that took.
    public var lastDuration: Duration?

    /// When it runs next; nil: only when asked to, or it runs all the time.
    public var nextRunAt: Timestamp?

    /// How many runs ended well, over all daemons.
    public var successes: Int64

    /// How many failed.
    public var failures: Int64

    /// What is amiss, for which health is `degraded`; nil: nothing.
    public var problem: String?

    /// Makes a report of its parts.
    public init(
        name: String, schedule: String, state: State, lastRunAt: Timestamp? = nil, lastResult: String? = nil,
        lastDuration: Duration? = nil, nextRunAt: Timestamp? = nil, successes: Int64 = 0, failures: Int64 = 0,
        problem: String? = nil
    ) {
        self.name = name
        self.schedule = schedule
        self.state = state
        self.lastRunAt = lastRunAt
        self.lastResult = lastResult
        self.lastDuration = lastDuration
        self.nextRunAt = nextRunAt
        self.successes = successes
        self.failures = failures
        self.problem = problem
    }

    /// The part that `getHealth` tells.
    public var health: HealthReport.Worker {
        HealthReport.Worker(
            lastRunAt: lastRunAt?.description, lastResult: problem.map { "degraded: \($0)" } ?? lastResult,
            nextRunAt: nextRunAt?.description)
    }
}

/// What `runWorker` answers: the run has begun, and `getWorkers` tells how it goes.
public struct WorkerStart: Hashable, Sendable {
    /// The worker.
    public var name: String

    /// When the run began.
    public var startedAt: Timestamp

    /// Makes an answer of its parts.
    public init(name: String, startedAt: Timestamp) {
        self.name = name
        self.startedAt = startedAt
    }
}
