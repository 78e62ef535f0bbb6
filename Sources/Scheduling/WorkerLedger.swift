public import MemoryModel
import MonotonicClock

/// Where daemons that share a database agree on who runs which worker when. PostgreSQL implements it, and its clock is the
/// one that counts.
///
/// A worker is run by the one daemon that holds its claim. A claim is a lease: its holder renews it while it works, and
/// when it has not done so in time, since it was killed perhaps, another daemon may take the worker over. All methods throw
/// when the database does not answer by their deadline.
public protocol WorkerLedger: Sendable {
    /// Makes an entry for each worker that has none. One whose schedule is another than the entry's gets `nextRunAt` anew.
    func register(_ workers: [WorkerRegistration], deadline: MonotonicInstant) async throws

    /// What is known of every worker that was ever registered, by name.
    func entries(deadline: MonotonicInstant) async throws -> [WorkerEntry]

    /// Claims a worker for `holder`, if nobody holds it and it is due, or its holder's lease has run out, or its holder is
    /// `gone`. `isForced` claims also what is not due. `nextRunAt` becomes the time of the run after this one; nil: none is
    /// planned.
    func claim(
        _ worker: String, holder: String, lease: Duration, nextRunAt: Timestamp?, isForced: Bool, gone: String?,
        deadline: MonotonicInstant
    ) async throws -> WorkerClaim

    /// Prolongs a claim; false when it is held no more.
    func renew(
        _ worker: String, token: Int64, lease: Duration, deadline: MonotonicInstant
    ) async throws -> Bool

    /// Ends a claim and notes what came of the run; false when it was held no more, and nothing was noted. A `retryAt`
    /// earlier than the next planned run, or where none is planned, takes its place.
    func finish(
        _ worker: String, token: Int64, outcome: WorkerOutcome, retryAt: Timestamp?, deadline: MonotonicInstant
    ) async throws -> Bool
}

/// A worker as a daemon announces it.
public struct WorkerRegistration: Hashable, Sendable {
    /// The worker's name, such as `expiry-cleanup`.
    public var name: String

    /// Its schedule in words, such as `every 60s` or `off`.
    public var schedule: String

    /// When it is to run first under this schedule; nil: only when asked for.
    public var nextRunAt: Timestamp?

    /// Makes a registration of its parts.
    public init(name: String, schedule: String, nextRunAt: Timestamp?) {
        self.name = name
        self.schedule = schedule
        self.nextRunAt = nextRunAt
    }
}

/// What became of an attempt to claim a worker.
public enum WorkerClaim: Hashable, Sendable {
    /// It is claimed, under this token; `isTakenOver` when another daemon had begun a run and not ended it.
    case granted(token: Int64, startedAt: Timestamp, isTakenOver: Bool)

    /// It is not due before then; nil: no run is planned.
    case notDue(Timestamp?)

    /// Another run is under way.
    case held(by: String, since: Timestamp)
}

/// How a run ended.
public struct WorkerOutcome: Hashable, Sendable {
    /// The detail of a run that did not end well because its daemon was stopped.
    static let interruption = "interrupted: the daemon was stopped"

    /// Whether it did what it should.
    public var isSuccess: Bool

    /// What it did, or why it failed; for a person, at most 2,000 characters.
    public var detail: String

    /// How long it took.
    public var duration: Duration

    /// Makes an outcome of its parts.
    public init(isSuccess: Bool, detail: String, duration: Duration) {
        self.isSuccess = isSuccess
        self.detail = detail
        self.duration = duration
    }
}

/// What is known of a worker.
public struct WorkerEntry: Hashable, Sendable {
    /// Its name.
    public var name: String

    /// Its schedule, as registered last.
    public var schedule: String

    /// When it is due; nil: only when asked for.
    public var nextRunAt: Timestamp?

    /// Who runs it now.
    public var holder: String?

    /// Until when the holder has it unless it renews; nil when nobody does.
    public var leaseUntil: Timestamp?

    /// When the last run began, one under way included.
    public var startedAt: Timestamp?

    /// When the last run that ended did so.
    public var finishedAt: Timestamp?

    /// How the last run that ended did so.
    public var lastOutcome: WorkerOutcome?

    /// How many runs have ended well.
    public var successes: Int64

    /// How many runs have failed, those that were taken over included.
    public var failures: Int64

    /// Makes an entry of its parts.
    public init(
        name: String, schedule: String, nextRunAt: Timestamp? = nil, holder: String? = nil,
        leaseUntil: Timestamp? = nil, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil,
        lastOutcome: WorkerOutcome? = nil, successes: Int64 = 0, failures: Int64 = 0
    ) {
        self.name = name
        self.schedule = schedule
        self.nextRunAt = nextRunAt
        self.holder = holder
        self.leaseUntil = leaseUntil
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.lastOutcome = lastOutcome
        self.successes = successes
        self.failures = failures
    }
}
