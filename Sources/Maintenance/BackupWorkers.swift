package import Backups
import Foundation
import LogEvents
package import Logging
import MonotonicClock
public import Scheduling
package import MemoryService
import ProcessSupervision
import Synchronization

/// The workers that make, check and prove backups, and receive WAL.
public final class BackupWorkers: Sendable {
    let keeper: BackupKeeper
    let plan: BackupPlan
    let walConfiguration: WALStreamConfiguration?
    let logger: Logger
    private let repository: any MemoryRepository
    let queue = BlockingQueue(label: "brain-memoryd.backup-workers")
    let state: Mutex<State>

    struct State: Sendable {
        var listings: [BackupListing] = []
        var listedAt: MonotonicInstant?
        /// No trigger counts before then: what failed is not tried again at once.
        var pausedUntil: [BackupKind: MonotonicInstant] = [:]
        var stream: WALStream?
        /// The archive, by its stamp, since whose beginning this daemon has made a base backup.
        var coveredStamp: String?
        let since = Date()
    }

    /// How old the list of backups may be by which triggers and health go. Looking at all files takes a moment.
    private static let listAge = Duration.seconds(60)
    /// How long a trigger is not heeded after a backup that failed.
    private static let pause = Duration.seconds(600)
    /// How long another run in the folder is waited for.
    private static let patience = Duration.seconds(6 * 3_600)

    /// Makes the workers. `walConfiguration` is nil when no WAL is received.
    package init(
        keeper: BackupKeeper, plan: BackupPlan, walConfiguration: WALStreamConfiguration?,
        repository: any MemoryRepository, logger: Logger
    ) {
        self.keeper = keeper
        self.plan = plan
        self.walConfiguration = walConfiguration
        self.repository = repository
        self.logger = logger
        state = Mutex(State())
    }

    /// All of them.
    public var workers: [Worker] {
        var workers = [dump, verify, drill]
        if let base = plan.base { workers.append(self.base(base)) }
        if let walConfiguration { workers.append(stream(walConfiguration)) }
        return workers
    }

    // MARK: Making

    private var dump: Worker {
        Worker(
            name: "backup-dump", rhythm: .scheduled(plan.dump), isFailureGrave: false,
            trigger: { await self.dumpTrigger() }, condition: { self.condition(.dump, self.plan.dump) },
            work: { run in try await self.make(.dump, run.reason) })
    }

    private func base(_ schedule: Schedule) -> Worker {
        Worker(
            name: "backup-base", rhythm: .scheduled(schedule), isFailureGrave: false,
            trigger: { await self.baseTrigger(schedule) }, condition: { self.condition(.base, schedule) },
            work: { run in try await self.make(.base, run.reason) })
    }

    private func make(_ kind: BackupKind, _ reason: Worker.Run.Reason) async throws -> String {
        let stamp = archiveStamp
        do {
            let manifest =
                switch kind {
                case .dump:
                    try await waiting { () throws(BackupError) in try await self.keeper.makeDump(reason: reason.word) }
                case .base:
                    try await waiting { () throws(BackupError) in try await self.keeper.makeBase(reason: reason.word) }
                }
            await relist()
            state.withLock { $0.pausedUntil[kind] = nil }
            if kind == .base {
                state.withLock { $0.coveredStamp = stamp }
                await pruneWAL()
            }
            let memories = manifest.memories.map { ", \($0) memories" } ?? ""
            return "\(manifest.id): \(manifest.bytes) bytes\(memories)"
        } catch {
            state.withLock { $0.pausedUntil[kind] = .now + Self.pause }
            await relist()
            throw error
        }
    }

    /// Does `work` once no other run is at work in the folder: a dump may be due while a base backup is made, and that is no
    /// failure of either.
    private func waiting<Value>(_ work: () async throws(BackupError) -> Value) async throws -> Value {
        let end = MonotonicInstant.now + Self.patience
        while true {
            do throws(BackupError) {
                return try await work()
            } catch {
                guard error.kind == .inProgress, .now < end else { throw error }
            }
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func isPaused(_ kind: BackupKind) -> Bool {
        state.withLock { $0.pausedUntil[kind].map { $0 > .now } ?? false }
    }

    private func dumpTrigger() async -> String? {
        guard plan.dump != .off || plan.dumpAfterWrites != nil, !isPaused(.dump) else { return nil }
        await relistIfOld()
        let ages = ages
        // Switched off, it is only made after so many writes, and these can't be told without an earlier one.
        if plan.dump == .off, ages.newest(.dump) == nil { return nil }
        let writes = plan.dumpAfterWrites == nil ? nil : try? await repository.writeCount(deadline: .now + .seconds(2))
        guard ages.dumpTrigger(writes: writes) != nil else { return nil }
        // Another daemon may have made one since the list was.
        await relist()
        return self.ages.dumpTrigger(writes: writes)
    }

    private func baseTrigger(_ schedule: Schedule) async -> String? {
        guard schedule != .off, !isPaused(.base) else { return nil }
        if walConfiguration != nil {
            // Recovery reads on from the base in the archive, so that must have begun before.
            guard state.withLock({ $0.stream?.status.phase }) == .streaming else { return nil }
        }
        await relistIfOld()
        // When the clock was set back, an archive may seem younger than the base backups that were made after it.
        let covered = state.withLock { $0.coveredStamp }
        let stamp = archiveStamp.flatMap { $0 == covered ? nil : $0 }
        guard ages.baseTrigger(archiveStamp: stamp) != nil else { return nil }
        // Another daemon may have made one since the list was.
        await relist()
        return ages.baseTrigger(archiveStamp: stamp)
    }

    // MARK: Checking

    private var verify: Worker {
        Worker(name: "backup-verify", rhythm: .scheduled(plan.verify)) { _ in
            let listings = try await self.keeper.verify()
            await self.relist()
            let bad = listings.filter { !$0.isGood }
            guard bad.isEmpty else {
                throw BackupError(
                    .mismatch,
                    "\(bad.count) of \(listings.count) backups can't be relied on: "
                        + bad.map { "\($0.id): \($0.problems.first ?? "")" }.joined(separator: "; "))
            }
            let problems = try await self.archiveProblems(listings)
            guard problems.isEmpty else { throw BackupError(.mismatch, problems.joined(separator: "; ")) }
            return "\(listings.count) backups are good"
        }
    }

    private var drill: Worker {
        Worker(name: "restore-drill", rhythm: .scheduled(plan.drill)) { _ in
            let report = try await self.waiting { () throws(BackupError) in try await self.keeper.drill() }
            await self.relist()
            return "\(report.id) was restored, and all its \(report.memories) memories are there"
        }
    }

    // MARK: Looking

    /// The backups, looked at now.
    func list() async throws(BackupError) -> [BackupListing] {
        let listings = try await keeper.list()
        state.withLock { state in
            state.listings = listings
            state.listedAt = .now
        }
        return listings
    }

    private func relist() async {
        do throws(BackupError) {
            _ = try await list()
        } catch {
            // The daemon stops.
            if error.kind == .cancelled { return }
            logger.log(
                .backupsUnreadable, .warning, "can't look at the backups: \(error)", metadata: ["reason": "\(error)"])
            // Not again at once.
            state.withLock { $0.listedAt = .now }
        }
    }

    private func relistIfOld() async {
        let isOld = state.withLock { $0.listedAt.map { $0 + Self.listAge < .now } ?? true }
        if isOld { await relist() }
    }

    private var ages: BackupAges {
        state.withLock {
            BackupAges(listings: $0.listings, plan: plan, since: $0.since, failed: Set($0.pausedUntil.keys))
        }
    }

    private func condition(_ kind: BackupKind, _ schedule: Schedule) -> Worker.Condition {
        guard schedule != .off else { return .fine }
        return ages.problem(kind, now: Date()).map { .degraded($0) } ?? .fine
    }
}

extension Worker.Run.Reason {
    /// The word for it in a manifest.
    fileprivate var word: String {
        switch self {
        case .schedule: "schedule"
        case .request: "request"
        case .trigger(let why): why
        }
    }
}
