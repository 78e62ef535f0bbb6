import LogEvents
import Logging
import MonotonicClock
import ProcessSupervision
import Synchronization

/// A server that nobody but its maker uses, for the time of a restore: started once, not kept running.
package final class PrivateServer: Sendable {
    private let command: ChildCommand
    private let stopSteps: [SupervisionPolicy.StopStep]
    private let child = ChildProcess()
    private let guarded = Mutex(State())
    private let logger: Logger

    private struct State: Sendable {
        var log = RecoveryLog()
        var tail = LogTail(capacity: 12)
        var exit: Result<ChildExit, any Error>?
        var lastLineAt = MonotonicInstant.now
        var task: Task<Void, Never>?
    }

    /// How long a server may say nothing before it is ready. While it replays it tells four times a second how far it is.
    private static let silenceBound = Duration.seconds(300)
    private static let pollInterval = Duration.milliseconds(20)

    init(command: ChildCommand, stopSteps: [SupervisionPolicy.StopStep], logger: Logger) {
        self.command = command
        self.stopSteps = stopSteps
        self.logger = logger
    }

    /// What its log has told so far.
    package var log: RecoveryLog { guarded.withLock { $0.log } }

    /// Starts it and returns when it accepts connections.
    ///
    /// - Parameter onProgress: called with what the log tells, some ten times a second.
    /// - Throws: `.startFailed` when it ends before, or says nothing for five minutes. It has ended then.
    package func start(onProgress: @Sendable (RecoveryLog) -> Void = { _ in }) async throws(ManagedPostgresError) {
        let task = Task { await life() }
        guarded.withLock { $0.task = task }
        while true {
            let (log, exit, lastLineAt) = guarded.withLock { ($0.log, $0.exit, $0.lastLineAt) }
            onProgress(log)
            if log.isReady { return }
            if exit != nil { throw failure("ended before it was ready") }
            guard .now - lastLineAt < Self.silenceBound else {
                await stop()
                throw failure("has said nothing for \(Self.silenceBound) and was ended")
            }
            do {
                try await Task.sleep(for: Self.pollInterval)
            } catch {
                await stop()
                throw ManagedPostgresError(.cancelled, "the recovery was cancelled")
            }
        }
    }

    private func failure(_ what: String) -> ManagedPostgresError {
        let lines = guarded.withLock { $0.tail.lines }
        return ManagedPostgresError(
            .startFailed, "the server that restores \(what), its last lines:\n\(lines.joined(separator: "\n"))")
    }

    private func life() async {
        let result: Result<ChildExit, any Error>
        do {
            result = .success(
                try await child.run(
                    command, maximumLineBytes: 8192, onLaunch: { _ in }, onLine: { line in self.take(line) }))
        } catch {
            result = .failure(error)
            guarded.withLock { $0.tail.append("\(error)") }
        }
        guarded.withLock { $0.exit = result }
    }

    private func take(_ line: String) {
        guarded.withLock { state in
            state.log.take(line)
            state.tail.append(line)
            state.lastLineAt = .now
        }
        logger.log(.serverOutput, .debug, "PostgreSQL: \(line)", metadata: ["server": "PostgreSQL"])
    }

    /// Stops it by a fast shutdown, and by force when that takes too long. Returns whether it shut down cleanly, so that its
    /// files are whole without a recovery.
    @discardableResult
    package func stop() async -> Bool {
        for step in stopSteps {
            _ = child.send(signal: step.signal)
            let deadline = MonotonicInstant.now + step.bound
            while guarded.withLock({ $0.exit == nil && $0.task != nil }), MonotonicInstant.now < deadline {
                // Not left early when the task is cancelled: then the server would be left behind.
                await Task.detached { try? await Task.sleep(for: Self.pollInterval) }.value
            }
            if guarded.withLock({ $0.exit != nil || $0.task == nil }) { break }
        }
        guard case .success(.exited(0)) = guarded.withLock({ $0.exit }) else { return false }
        return true
    }
}
