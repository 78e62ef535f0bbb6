import Synchronization

/// The life of one managed server: started once, stopped at any time, by whichever tasks ask for it.
package final class ServerLife: Sendable {
    /// What holds while the server is supervised.
    package struct Running: Sendable {
        package var supervisor: SupervisedProcess
        /// What a client needs to connect.
        package var address: String
        /// Gives back what the server held, when it has ended.
        package var release: @Sendable () async -> Void

        package init(
            supervisor: SupervisedProcess, address: String, release: @escaping @Sendable () async -> Void
        ) {
            self.supervisor = supervisor
            self.address = address
            self.release = release
        }
    }

    private enum Stage: Sendable {
        case idle
        case preparing
        case running(Running)
        case stopping(Running)
        case ended
    }

    private struct State: Sendable {
        var stage = Stage.idle
        var isStopWanted = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let name: String
    private let guarded = Mutex(State())

    /// - Parameter name: what messages call the server.
    package init(name: String) {
        self.name = name
    }

    /// Where the server stands now.
    package var state: ManagedServerState {
        switch guarded.withLock({ $0.stage }) {
        case .idle: return ManagedServerState(phase: .idle)
        case .preparing: return ManagedServerState(phase: .starting)
        case .running(let running), .stopping(let running): return ManagedServerState(running.supervisor.snapshot)
        case .ended: return ManagedServerState(phase: .stopped)
        }
    }

    /// The start was cancelled.
    package var cancelled: ManagedServerError {
        ManagedServerError(.cancelled, "the start of \(name) was cancelled")
    }

    /// The server was stopped during its start.
    package var stopped: ManagedServerError {
        ManagedServerError(.cancelled, "\(name) was stopped before it was ready")
    }

    /// Prepares the server, begins supervising it, and returns its address.
    ///
    /// - Parameters:
    ///   - prepare: does all that comes before the first launch; what it throws leaves nothing held.
    ///   - settle: returns when the start counts as done. What it throws stops the server again.
    /// - Throws: what these two throw; `.misuse` when called twice or after ``stop()``; `.cancelled` when the task is
    ///   cancelled or the server stopped meanwhile.
    package func start(
        prepare: () async throws(ManagedServerError) -> Running,
        settle: (SupervisedProcess) async throws(ManagedServerError) -> Void
    ) async throws(ManagedServerError) -> String {
        let isFirst = guarded.withLock { state in
            guard case .idle = state.stage else { return false }
            state.stage = .preparing
            return true
        }
        guard isFirst else {
            throw ManagedServerError(.misuse, "start() was called a second time, or after stop()")
        }
        let running: Running
        do {
            running = try await prepare()
        } catch {
            end()
            // A cancelled task kills the programs it waits for: their failure is not what the caller has to hear of.
            throw Task.isCancelled ? cancelled : error
        }
        let isStopWanted = guarded.withLock { state in
            state.stage = .running(running)
            return state.isStopWanted
        }
        do throws(ManagedServerError) {
            if isStopWanted { throw stopped }
            await running.supervisor.start()
            try await settle(running.supervisor)
        } catch {
            await end(running)
            throw error
        }
        return running.address
    }

    /// Returns when the server has been stopped by ``stop()``. When the task is cancelled, it stops the server itself.
    ///
    /// - Throws: `.misuse` when the server was not started.
    package func run() async throws(ManagedServerError) {
        switch guarded.withLock({ $0.stage }) {
        case .idle, .preparing:
            throw ManagedServerError(.misuse, "run() was called before start() had returned")
        case .ended:
            return
        case .running(let running), .stopping(let running):
            await withTaskCancellationHandler {
                await running.supervisor.finished()
            } onCancel: {
                Task { await self.stop() }
            }
            // Not only has the child ended: what it held is given back too.
            await stop()
        }
    }

    /// Stops the server by the steps of its supervisor and gives back what it held. Returns when it has ended. Can be
    /// called at any time and more than once.
    package func stop() async {
        let stage = guarded.withLock { state -> Stage in
            state.isStopWanted = true
            if case .idle = state.stage { state.stage = .ended }
            return state.stage
        }
        switch stage {
        case .idle, .ended:
            return
        case .preparing, .stopping:
            await ended()
        case .running(let running):
            await end(running)
        }
    }

    /// Stops and gives back once, whoever asks first; the others wait for it. Given back twice, the second time might
    /// take from a successor.
    private func end(_ running: Running) async {
        let isFirst = guarded.withLock { state in
            guard case .running = state.stage else { return false }
            state.stage = .stopping(running)
            return true
        }
        guard isFirst else { return await ended() }
        await running.supervisor.stop()
        await running.release()
        end()
    }

    /// Returns when all has ended.
    private func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = guarded.withLock { state in
                if case .ended = state.stage { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func end() {
        let waiters = guarded.withLock { state in
            state.stage = .ended
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters {
            waiter.resume()
        }
    }
}
