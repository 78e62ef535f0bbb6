import Backups
import Foundation
import Maintenance
import MemoryModel
import ProcessSupervision
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
        guard plan.wal == .strict, status.isSynchronous == false else { return nil }
        return "backups.wal is strict, but PostgreSQL does not wait for the stream: set synchronous_standby_names = "
            + "'\(WALStreamConfiguration.usualName)' there"
    }

    /// Since when the archive in use goes on without a break, as in its folder's name; nil: nothing is received here.
    var archiveStamp: String? {
        guard let path = state.withLock({ $0.stream?.status.folder }), let name = path.split(separator: "/").last
        else { return nil }
        return WALFolder(name: name)?.stamp
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
                logger.info("removed WAL", metadata: ["files": "\(outcome.files)", "bytes": "\(outcome.bytes)"])
            }
        } catch {
            logger.warning("can't remove WAL that is not needed any more", metadata: ["reason": "\(error)"])
        }
    }
}
