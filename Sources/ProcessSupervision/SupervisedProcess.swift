import Glibc
import LogEvents
import Logging
import MonotonicClock
import Synchronization

/// Keeps one child process running: the shell around ``SupervisorStateMachine``, which decides.
///
/// It knows nothing of what the child does: the caller says how to prepare a start, and how to tell that it is ready.
package actor SupervisedProcess {
    /// What is particular to the supervised program.
    package struct Program: Sendable {
        /// What to call it in log lines.
        package var name: String
        /// Called before each start; clears what the last life left behind, and says what to run.
        package var prepare: @Sendable () async throws -> ChildCommand
        /// Asked again and again after a start: does this child serve?
        package var isReady: @Sendable (_ pid: Int32) async -> Bool
        /// Called with each line the child writes, in order.
        package var onLine: @Sendable (String) -> Void

        package init(
            name: String, prepare: @escaping @Sendable () async throws -> ChildCommand,
            isReady: @escaping @Sendable (Int32) async -> Bool, onLine: @escaping @Sendable (String) -> Void
        ) {
            self.name = name
            self.prepare = prepare
            self.isReady = isReady
            self.onLine = onLine
        }
    }

    private let program: Program
    private let policy: SupervisionPolicy
    private let logger: Logger
    private let random: @Sendable () -> Double
    private let now: @Sendable () -> Duration
    private var machine: SupervisorStateMachine
    private var child: ChildProcess?
    private var tail: LogTail
    private var lastExit: String?
    private var timer: Task<Void, Never>?
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private let published: Mutex<Snapshot>

    /// What can be read at any moment without waiting.
    package struct Snapshot: Sendable {
        package var status: SupervisionStatus
        /// How the last child ended or failed to start, with its last lines.
        package var lastExit: String?
    }

    /// - Parameters:
    ///   - random: numbers from 0 to 1 for the jitter.
    ///   - now: the time on a clock that doesn't go back.
    package init(
        program: Program, policy: SupervisionPolicy, logger: Logger,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        now: @escaping @Sendable () -> Duration = SupervisedProcess.elapsed
    ) {
        self.program = program
        self.policy = policy
        self.logger = logger
        self.random = random
        self.now = now
        machine = SupervisorStateMachine(policy: policy)
        tail = LogTail(capacity: policy.tailLines)
        published = Mutex(Snapshot(status: SupervisorStateMachine(policy: policy).status, lastExit: nil))
    }

    private static let origin = MonotonicInstant.now

    /// The time since this process first asked, on the continuous clock.
    package static let elapsed: @Sendable () -> Duration = { origin.duration(to: .now) }

    /// Where supervision stands.
    package nonisolated var snapshot: Snapshot { published.withLock { $0 } }

    /// Begins supervising. Returns at once; calling it again does nothing.
    package func start() {
        receive(.start)
    }

    /// Stops the child by the policy's steps, and returns when it has ended or was given up. Can be called many times.
    package func stop() async {
        receive(.stop)
        await finished()
    }

    /// Kills a child that has not ended but does nothing any more; like any that ended unasked it is then started again.
    package func killChild() {
        guard machine.status.phase != .stopping, child?.send(signal: SIGKILL) == true else { return }
        log(.serverHung, .error, "does nothing any more and is killed", ["pid": pidMetadata])
    }

    /// Returns when supervision has ended: after a stop.
    package func finished() async {
        if machine.status.phase == .stopped { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    private func receive(_ event: SupervisorStateMachine.Event) {
        let actions = machine.handle(event, now: now(), random: random())
        publish()
        for action in actions {
            perform(action)
        }
    }

    private func publish() {
        let snapshot = Snapshot(status: machine.status, lastExit: lastExit)
        published.withLock { $0 = snapshot }
    }

    private func perform(_ action: SupervisorStateMachine.Action) {
        switch action {
        case .launch:
            Task { await runChild() }
        case .awaitReadiness(let launch):
            Task { await probe(launch: launch) }
        case .startTimer(let timer, let wait):
            self.timer?.cancel()
            self.timer = Task {
                guard (try? await Task.sleep(for: wait)) != nil else { return }
                receive(.timerFired(timer))
            }
        case .signal(let signal, let escalated):
            send(signal: signal, escalated: escalated)
        case .reportReady(let restarts):
            log(
                .serverReady, .info, "is ready" + (restarts > 0 ? " after \(restarts) restarts" : ""),
                ["pid": pidMetadata, "restarts": "\(restarts)"])
        case .reportRestart(let wait, let failures):
            log(
                .serverRestarting, .debug, "is started again in \(milliseconds(wait)) ms",
                ["failures_in_a_row": "\(failures)"])
        case .reportAbandoned(let pid):
            log(
                .serverAbandoned, .critical, "did not end after the last signal and is left behind", ["pid": "\(pid)"])
        case .finish:
            timer?.cancel()
            for waiter in waiters {
                waiter.resume()
            }
            waiters.removeAll()
        }
    }

    private nonisolated func log(
        _ event: LogEvents.LogEvent, _ level: Logger.Level, _ what: String, _ values: Logger.Metadata,
        function: String = #function, line: UInt = #line
    ) {
        logger.log(
            event, level, "\(program.name) \(what)",
            metadata: values.merging(["server": "\(program.name)"]) { given, _ in given }, function: function,
            line: line)
    }

    private var pidMetadata: Logger.MetadataValue {
        machine.status.pid.map { "\($0)" } ?? "none"
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    private func send(signal: Int32, escalated: Bool) {
        let delivered = child?.send(signal: signal) ?? false
        let metadata: Logger.Metadata = ["pid": pidMetadata, "signal": "\(signal)", "delivered": "\(delivered)"]
        if escalated {
            log(.serverForced, .warning, "did not end in time and gets a stronger signal", metadata)
        } else {
            log(.serverStopping, .info, "is told to stop", metadata)
        }
    }

    private func runChild() async {
        tail.removeAll()
        let child = ChildProcess()
        self.child = child
        do {
            let command = try await program.prepare()
            let exit = try await child.runServer(
                command, maximumLineBytes: policy.maximumLineBytes,
                onLaunch: { pid in await self.receive(.launched(pid: pid)) },
                onLine: { line in await self.take(line) })
            ended(exit)
        } catch {
            self.child = nil
            lastExit = "\(program.name) could not be started: \(error)"
            log(.serverUnstartable, .error, "could not be started: \(error)", ["error": "\(error)"])
            // With a pid known, what failed was the waiting for its end; `prepare` clears up what is left.
            receive(machine.status.pid == nil ? .launchFailed : .exited)
        }
    }

    private func take(_ line: String) {
        tail.append(line)
        program.onLine(line)
    }

    private func ended(_ exit: ChildExit) {
        child = nil
        let wanted = machine.status.phase == .stopping
        let lines = tail.lines.joined(separator: "\n")
        lastExit = "\(program.name) ended with \(exit)" + (lines.isEmpty ? "" : ", its last lines:\n\(lines)")
        if wanted, exit == .exited(0) {
            log(.serverStopped, .info, "ended", ["status": "\(exit)"])
        } else {
            log(.serverDied, .error, "ended: \(exit)", ["status": "\(exit)", "last_lines": "\(lines)"])
        }
        receive(.exited)
    }

    private func probe(launch: Int) async {
        while machine.status.phase == .starting, let pid = machine.status.pid, machine.status.restarts == launch - 1 {
            if await program.isReady(pid) {
                receive(.ready(launch: launch))
                return
            }
            try? await Task.sleep(for: policy.readinessInterval)
        }
    }
}
