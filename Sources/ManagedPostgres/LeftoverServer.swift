import Glibc
import LogEvents
import Logging
import MonotonicClock
import ProcessSupervision

/// Deals with what a daemon that was killed has left in the cluster: a server still running, or the pid file of one
/// that is gone. Only a process known to be this cluster's postmaster is ever signalled.
struct LeftoverServer: Sendable {
    var cluster: String
    var stopSteps: [SupervisionPolicy.StopStep]
    var queue: BlockingQueue
    var logger: Logger

    /// How often an ending process is looked at.
    private static let pollInterval = Duration.milliseconds(25)
    /// How long the backends of a dead postmaster may take to notice and end.
    private static let orphansBound = Duration.seconds(10)

    /// Makes the cluster free for a new server.
    func clear() async throws(ManagedPostgresError) {
        guard let process = try await namedProcess() else { return }
        let cluster = cluster
        let isPostmaster = try await queue.run { () throws(ManagedPostgresError) in
            process.isPostmaster(of: cluster)
        }
        if isPostmaster {
            try await stop(process)
        }
        // Still there after a clean stop: never, the server removes it. So it names a stranger, or a server that was
        // killed and that nobody has reaped yet (PID 1 of many containers never does).
        if let process = try await namedProcess() {
            try await removeStaleFile(pid: process.pid)
        }
    }

    /// The process that the pid file names. Nil when there is no file or no such process: PostgreSQL copes with that by
    /// itself, as with a single-user backend, which writes its pid with a minus.
    private func namedProcess() async throws(ManagedPostgresError) -> RunningProcess? {
        let cluster = cluster
        return try await queue.run { () throws(ManagedPostgresError) in
            guard let file = try PostmasterFile.read(cluster: cluster) else { return nil }
            return try RunningProcess(pid: file.pid)
        }
    }

    private func stop(_ process: RunningProcess) async throws(ManagedPostgresError) {
        for (index, step) in stopSteps.enumerated() {
            logger.log(
                .leftoverEnded, index == 0 ? .notice : .warning,
                "stopping the PostgreSQL server that an earlier daemon left running, pid \(process.pid)",
                metadata: ["pid": "\(process.pid)", "signal": "\(step.signal)"])
            try process.send(signal: step.signal)
            if try await waits(upTo: step.bound, until: { process.hasEnded }) { return }
        }
        throw ManagedPostgresError(
            .leftoverServer,
            "the PostgreSQL server that an earlier daemon left on \(cluster), process \(process.pid), does not end, "
                + "not even after SIGKILL. End it by hand, then start again.")
    }

    /// The file names a process that is no running server of ours. PostgreSQL would refuse to start for as long as a
    /// process of its own user has that number, so the file goes, but not before every process of the old server is
    /// gone, since the file is one of the two things that keep two servers apart.
    private func removeStaleFile(pid: Int32) async throws(ManagedPostgresError) {
        let cluster = cluster
        let deadline = MonotonicInstant.now + Self.orphansBound
        while true {
            let rest = try await queue.run { () throws(ManagedPostgresError) in
                try RunningProcess.serverPIDs(of: cluster)
            }
            if rest.isEmpty { break }
            guard MonotonicInstant.now < deadline else {
                let list = rest.map { "\($0)" }.joined(separator: ", ")
                throw ManagedPostgresError(
                    .leftoverServer,
                    "processes of an earlier PostgreSQL server still use \(cluster) without their postmaster: \(list). "
                        + "End them, then start again.")
            }
            try await pause()
        }
        let path = PostmasterFile.path(cluster: cluster)
        logger.log(
            .leftoverRemoved, .notice, "removing a stale PostgreSQL lock file: \(path)",
            metadata: ["path": "\(path)", "reused_pid": "\(pid)"])
        try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.remove(path)
        }
    }

    private func waits(
        upTo bound: Duration, until condition: () -> Bool
    ) async throws(ManagedPostgresError) -> Bool {
        let deadline = MonotonicInstant.now + bound
        while !condition() {
            guard MonotonicInstant.now < deadline else { return false }
            try await pause()
        }
        return true
    }

    private func pause() async throws(ManagedPostgresError) {
        do {
            try await Task.sleep(for: Self.pollInterval)
        } catch {
            throw ManagedPostgresError(.cancelled, "the start was cancelled while an earlier server was being stopped")
        }
    }
}
