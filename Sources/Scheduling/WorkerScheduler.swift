public import Foundation
public import MemoryModel
public import MemoryService
import MonotonicClock
import Synchronization
public import WireProtocol

/// Runs a daemon's workers: looks at the ledgers, claims what is due, works, and notes what came of it.
///
/// A worker never overlaps itself, in this daemon or, with a cluster's reach, in any other on the same database: whoever
/// works holds a claim, and a daemon that could not renew its claim in time ends the work that it has begun under it. A run
/// that fails is tried again after ten minutes at the latest; nothing that a worker does ends the scheduler.
public actor WorkerScheduler {
    /// How long a claim lasts unless it is renewed. When a daemon is killed, another takes its workers over after this and
    /// the pause between two looks at the ledger: 27 s together at the longest.
    static let lease = Duration.seconds(15)
    /// How often a claim is renewed.
    static let renewalInterval = Duration.seconds(5)
    /// How long a ledger may take to answer.
    static let ledgerTimeout = Duration.seconds(5)
    /// How long after a failed run the next one comes at the latest.
    static let retryDelay = Duration.seconds(600)
    /// The same for a worker that works all the time.
    static let continuousRetryDelay = Duration.seconds(5)
    /// The shortest pause between two looks, where clocks that differ would have them follow at once.
    static let shortestPause = Duration.milliseconds(250)
    /// How long work may take to end when the daemon stops; then it is left to its end.
    public static let stopLimit = Duration.seconds(8)

    /// Time and chance.
    public struct Environment: Sendable {
        /// The wall clock.
        public var now: @Sendable () -> Timestamp

        /// The time zone of calendar times.
        public var zone: TimeZone

        /// A number from 0 to 1, for jitter.
        public var random: @Sendable () -> Double

        /// Whether the daemon of that name has surely ended.
        public var isGone: @Sendable (String) -> Bool

        /// Makes an environment of its parts.
        public init(
            now: @escaping @Sendable () -> Timestamp, zone: TimeZone = .current,
            random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
            isGone: @escaping @Sendable (String) -> Bool = { DaemonIdentity.own.isSurelyGone($0) }
        ) {
            self.now = now
            self.zone = zone
            self.random = random
            self.isGone = isGone
        }
    }

    let workers: [String: Worker]
    let holder: String
    let observer: any Observer
    let environment: Environment
    private let stopLimit: Duration
    private let ledger: any WorkerLedger
    private let ownLedger: ProcessLedger
    var timetable: WorkerTimetable
    var isRegistered = false
    private var isUnreachable = false
    private var isStopping = false
    var runs: [String: Task<Void, Never>] = [:]
    private var pause: Task<Void, Never>?
    private var triggering: Task<Void, Never>?
    /// How many runs of each worker have ended in this daemon.
    private var runCounts: [String: Int] = [:]
    private let published: Mutex<[String: WorkerEntry]> = Mutex([:])

    /// Makes a scheduler of workers with distinct names. `ledger` is for those with a cluster's reach; `holder` names this
    /// daemon there.
    public init(
        workers: [Worker], ledger: any WorkerLedger, holder: String, observer: any Observer, environment: Environment,
        stopLimit: Duration = WorkerScheduler.stopLimit
    ) {
        self.stopLimit = stopLimit
        self.workers = Dictionary(uniqueKeysWithValues: workers.map { ($0.name, $0) })
        self.ledger = ledger
        self.holder = holder
        self.observer = observer
        self.environment = environment
        ownLedger = ProcessLedger(now: environment.now)
        timetable = WorkerTimetable(workers, isGone: environment.isGone)
    }

    /// Works until the task is cancelled, then ends the work under way; returns within ``stopLimit`` and a little.
    public func run() async {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                await look()
                await wait()
            }
        } onCancel: {
            Task { await self.stop() }
        }
        await endRuns()
    }

    /// Returns when the scheduler gets to it: the sign that it turns.
    public func turn() {}

    private func stop() {
        isStopping = true
        pause?.cancel()
    }

    // MARK: Looking

    func ledger(of worker: Worker) -> any WorkerLedger {
        switch worker.reach {
        case .cluster: ledger
        case .daemon: ownLedger
        }
    }

    private func look() async {
        do {
            if !isRegistered { try await register() }
            try await readLedgers()
            note(unreachable: nil)
        } catch {
            note(unreachable: "\(error)")
            return
        }
        for name in timetable.due(at: environment.now()) { begin(name, .schedule) }
        lookAtTriggers()
    }

    /// Asks the workers that are not at work whether they should be, apart from the looks at the ledgers: one that must read
    /// much to tell holds up nothing else.
    private func lookAtTriggers() {
        guard triggering == nil, !isStopping else { return }
        triggering = Task {
            for worker in workers.values where !timetable.isOurs(worker.name) && !isStopping {
                let before = runCounts[worker.name]
                guard let reason = await worker.trigger() else { continue }
                // A run that began meanwhile may have done it.
                if runCounts[worker.name] == before { begin(worker.name, .trigger(reason)) }
            }
            triggering = nil
        }
    }

    func register() async throws {
        for reach in [Worker.Reach.daemon, .cluster] {
            let workers = workers.values.filter { $0.reach == reach }.sorted { $0.name < $1.name }
            guard let first = workers.first else { continue }
            let now = environment.now()
            try await ledger(of: first).register(
                workers.map {
                    WorkerRegistration(name: $0.name, schedule: $0.schedule, nextRunAt: firstRun(of: $0, from: now))
                }, deadline: .now + Self.ledgerTimeout)
        }
        isRegistered = true
    }

    /// Works at an interval begin soon after the daemon was first started; those with calendar times wait for them.
    private func firstRun(of worker: Worker, from now: Timestamp) -> Timestamp? {
        switch worker.rhythm {
        case .continuous: now
        case .scheduled(let schedule): schedule.next(after: now, in: environment.zone, jitter: environment.random())
        }
    }

    func readLedgers() async throws {
        let entries =
            ownLedger.entries(deadline: .now)
            + (try await ledger.entries(deadline: .now + Self.ledgerTimeout)).filter {
                workers[$0.name]?.reach == .cluster
            }
        timetable.read(entries)
        published.withLock { $0 = timetable.entries }
    }

    private func note(unreachable reason: String?) {
        guard isUnreachable != (reason != nil) else { return }
        isUnreachable = reason != nil
        observer.observe(.workersUnreachable(reason: reason))
    }

    private func wait() async {
        guard !isStopping else { return }
        let now = environment.now()
        // Without its answer the ledger is asked again after the whole pause: it is the database that is away.
        let next = isUnreachable ? now.advanced(by: WorkerTimetable.longestPause) : timetable.nextLook(after: now)
        let span = Duration.microseconds(next.microseconds - now.microseconds)
        let pause = Task { _ = try? await Task.sleep(for: max(span, Self.shortestPause)) }
        self.pause = pause
        await pause.value
    }

    // MARK: Running

    private func begin(_ name: String, _ reason: Worker.Run.Reason) {
        guard let worker = workers[name], !timetable.isOurs(name), !isStopping else { return }
        timetable.began(name)
        runs[name] = Task {
            switch await claim(worker, isForced: reason != .schedule) {
            case .success(.granted(let token, _, _)): await carryOut(worker, reason, token)
            // Another daemon was faster, or the database is away: the next look tells.
            case .success, .failure: break
            }
            ended(name)
        }
    }

    func ended(_ name: String) {
        timetable.ended(name)
        runCounts[name, default: 0] += 1
        runs[name] = nil
        pause?.cancel()
    }

    func claim(_ worker: Worker, isForced: Bool) async -> Result<WorkerClaim, any Error> {
        var next: Timestamp?
        if case .scheduled(let schedule) = worker.rhythm {
            next = schedule.next(after: environment.now(), in: environment.zone, jitter: environment.random())
        }
        do {
            return .success(
                try await ledger(of: worker).claim(
                    worker.name, holder: holder, lease: Self.lease, nextRunAt: next, isForced: isForced,
                    gone: timetable.goneHolder(of: worker.name), deadline: .now + Self.ledgerTimeout))
        } catch {
            return .failure(error)
        }
    }

    private func endRuns() async {
        let runs = Array(runs.values) + [triggering].compactMap { $0 }
        for run in runs { run.cancel() }
        // No task group: it would wait for all its tasks, and so for a run that does not end.
        let (ends, end) = AsyncStream<Void>.makeStream()
        let all = Task {
            for run in runs { await run.value }
            end.finish()
        }
        let limit = Task {
            if (try? await Task.sleep(for: stopLimit)) != nil { end.finish() }
        }
        // In a task of its own: this one has been cancelled, and its wait would end at once.
        await Task { for await _ in ends {} }.value
        all.cancel()
        limit.cancel()
    }

    // MARK: Telling

    /// How the workers are, by name, as of the last look.
    public nonisolated var reports: [WorkerReport] {
        let (entries, now) = (published.withLock { $0 }, environment.now())
        return workers.values.sorted { $0.name < $1.name }.map { WorkerReport($0, entries[$0.name], now: now) }
    }
}
