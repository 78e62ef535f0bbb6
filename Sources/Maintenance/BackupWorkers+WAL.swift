internal import Backups
import LogEvents
import Foundation
internal import Logging
import Scheduling
import MemoryModel
import ProcessSupervision
import Synchronization
import WireProtocol

extension BackupWorkers {
    /// How long the stream may be down before health tells of it: a restart of PostgreSQL takes seconds.
    private static let downLimit = 15.0
    /// How long WAL may wait to be received before health tells of it: the promised bound of loss.
    private static let lagLimit = 60.0

    /// Receives WAL all the time; the daemon that does so holds the worker's claim.
    func stream(_ configuration: WALStreamConfiguration) -> Worker {
        Worker(
            name: "wal-stream", rhythm: .continuous, condition: { self.streamCondition() },
            work: { _ in try await self.receive(configuration) })
    }

    private func receive(_ configuration: WALStreamConfiguration) async throws -> String {
        let stream = WALStream(configuration: configuration, logger: logger) { _ in }
        state.withLock { $0.stream = stream }
        do {
            try await stream.start()
            // For ever: it mends itself, and ends when this task is cancelled.
            while true { try await Task.sleep(for: .seconds(3_600)) }
        } catch {
            state.withLock { $0.stream = nil }
            // In a task of its own: this one may have been cancelled.
            await Task { await stream.stop() }.value
            throw error
        }
    }

    private func streamCondition() -> Worker.Condition {
        guard let status = state.withLock({ $0.stream?.status }) else { return .fine }
        if let problem = problem(status) { return .degraded(problem) }
        guard status.phase == .streaming else { return .working(status.phase.rawValue) }
        return .working("streaming" + (status.lagBytes.map { ", \($0) bytes behind" } ?? ""))
    }

    private func problem(_ status: WALStreamStatus) -> String? {
        if status.phase != .streaming {
            guard let since = status.downSince, Date().timeIntervalSince(since) > Self.downLimit else { return nil }
            let exit = status.lastExit.map { ": \($0)" } ?? ""
            return "no WAL has been received since \(since.formatted(.iso8601))\(exit)"
        }
        if let lag = status.lagSeconds, lag > Self.lagLimit { return "the WAL is received \(Int(lag)) s late" }
        guard plan.wal == .strict, status.isSynchronous != true else { return nil }
        guard status.isSynchronous == false else {
            return status.watchProblem.map {
                "backups.wal is strict, and it is not known whether PostgreSQL waits for the stream: \($0)"
            }
        }
        return "backups.wal is strict, but PostgreSQL does not wait for the stream: set synchronous_standby_names = "
            + "'\(WALStreamConfiguration.usualName)' there"
    }

    /// Since when the archive in use goes on without a break, as in its folder's name; nil: nothing is received here.
    var archiveStamp: String? {
        guard let path = state.withLock({ $0.stream?.status.folder }),
            let name = path.split(separator: "/").last.map(String.init)
        else { return nil }
        return WALFolder(name: name)?.stamp
    }

    /// What the archived WAL is good for, with every record read or by the names of its files alone; nil: no WAL is
    /// received.
    func walReport(_ listings: [BackupListing], isRead: Bool) async -> BackupReport.WAL? {
        guard let walConfiguration else { return nil }
        let bases = listings.filter { $0.kind == .base && $0.isGood }.compactMap(\.manifest)
        let status = state.withLock { $0.stream?.status }
        var report = BackupReport.WAL(status: .ok, isStrict: plan.wal == .strict)
        report.lagBytes = status?.lagBytes.map { Int64(clamping: $0) }
        var problems = status.flatMap { problem($0) }.map { [$0] } ?? []
        do {
            let reports = try await reporter(walConfiguration).report(on: bases, isRead: isRead)
            problems += reports.flatMap(\.problems).uniqued
            report.from = reports.filter(\.problems.isEmpty).map(\.fromTime).min()?.timestamp
            report.until = reports.map(\.toTime).max()?.timestamp
            report.bytes = reports.map(\.bytes).max() ?? 0
            // The last segment was written to at some time; what is received is what there is until now.
            if status?.phase == .streaming, status?.lagBytes == 0 { report.until = Date().timestamp }
        } catch {
            problems.append("the archived WAL can't be looked at: \(error)")
        }
        if !problems.isEmpty {
            report.status = .degraded
            report.reason = problems.joined(separator: "; ")
        }
        return report
    }

    private func reporter(_ configuration: WALStreamConfiguration) -> WALReporter {
        WALReporter(folders: configuration.folders, programsDirectory: configuration.programsDirectory)
    }

    /// What is wrong with the archived WAL that good base backups need, after all of it was read.
    func archiveProblems(_ listings: [BackupListing]) async throws -> [String] {
        guard let walConfiguration else { return [] }
        let bases = listings.filter { $0.kind == .base && $0.isGood }.compactMap(\.manifest)
        return try await reporter(walConfiguration).report(on: bases, isRead: true).flatMap(\.problems).uniqued
    }

    /// Removes the WAL that no base backup needs any more.
    func pruneWAL() async {
        guard let walConfiguration else { return }
        let bases = state.withLock { $0.listings.filter { $0.kind == .base }.compactMap(\.manifest) }
        let folders = walConfiguration.folders
        do throws(ManagedServerError) {
            let outcome = try await queue.run { () throws(ManagedServerError) in
                try WALPruning.prune(folders, keepingFor: bases)
            }
            if outcome.files > 0 {
                logger.log(
                    .walRemoved, .info, "removed \(outcome.files) files of WAL, \(outcome.bytes) bytes",
                    metadata: ["files": "\(outcome.files)", "bytes": "\(outcome.bytes)"])
            }
        } catch {
            logger.log(
                .walRemovalFailed, .warning, "can't remove WAL that is not needed any more: \(error)",
                metadata: ["reason": "\(error)"])
        }
    }
}

extension [String] {
    /// Each of them once, in order: several base backups need the same WAL.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
