/// Decides when a supervised child is started, restarted and stopped. Pure: events and the time come in, actions go
/// out.
///
/// It never asks for a second child while one may live: `.launch` is only given when none was launched yet, or when the
/// last one was reported as exited or as failed to launch.
package struct SupervisorStateMachine: Sendable {
    /// What has happened.
    package enum Event: Sendable, Equatable {
        /// Begin supervising.
        case start
        /// The launch that was asked for made this process.
        case launched(pid: Int32)
        /// The launch that was asked for made no process.
        case launchFailed
        /// The child of this launch answered that it is ready.
        case ready(launch: Int)
        /// The child has ended and is reaped.
        case exited
        /// The timer with this number has run out.
        case timerFired(Int)
        /// Stop the child and don't start it again.
        case stop
    }

    /// What the shell has to do.
    package enum Action: Sendable, Equatable {
        /// Start the child, as the launch with this number; answer with `.launched` or `.launchFailed`.
        case launch(Int)
        /// Ask the child of this launch whether it is ready until it is; answer with `.ready`.
        case awaitReadiness(launch: Int)
        /// Send `.timerFired` with this number after a while. Earlier timers no longer matter.
        case startTimer(Int, Duration)
        /// Send the child this signal. `escalated` is true when a gentler one was not heeded within its bound.
        case signal(Int32, escalated: Bool)
        /// The child serves. `restarts` counts the launches before this one.
        case reportReady(restarts: Int)
        /// The child will be started again after this wait.
        case reportRestart(after: Duration, failures: Int)
        /// The child outlived the last step of the stop and is given up.
        case reportAbandoned(pid: Int32)
        /// Nothing more will happen.
        case finish
    }

    private enum Phase: Sendable, Equatable {
        case idle
        case launching(stopping: Bool)
        case starting(pid: Int32)
        case ready(pid: Int32, since: Duration)
        case waiting(timer: Int)
        case stopping(pid: Int32, step: Int, timer: Int)
        case finished
    }

    private let policy: SupervisionPolicy
    private var phase = Phase.idle
    private var launches = 0
    private var timers = 0
    private var failures = 0

    package init(policy: SupervisionPolicy) {
        self.policy = policy
    }

    /// The state as health checks see it.
    package var status: SupervisionStatus {
        let restarts = max(launches - 1, 0)
        switch phase {
        case .idle: return SupervisionStatus(phase: .idle, pid: nil, restarts: restarts)
        case .launching: return SupervisionStatus(phase: .starting, pid: nil, restarts: restarts)
        case .starting(let pid): return SupervisionStatus(phase: .starting, pid: pid, restarts: restarts)
        case .ready(let pid, _): return SupervisionStatus(phase: .ready, pid: pid, restarts: restarts)
        case .waiting: return SupervisionStatus(phase: .waitingToRestart, pid: nil, restarts: restarts)
        case .stopping(let pid, _, _): return SupervisionStatus(phase: .stopping, pid: pid, restarts: restarts)
        case .finished: return SupervisionStatus(phase: .stopped, pid: nil, restarts: restarts)
        }
    }

    /// Takes an event and returns what to do, in order.
    ///
    /// - Parameters:
    ///   - now: the time on any clock that doesn't go back.
    ///   - random: a number from 0 to 1, fresh for each call.
    package mutating func handle(_ event: Event, now: Duration, random: Double) -> [Action] {
        switch (event, phase) {
        case (.start, .idle):
            return launch()
        case (.launched(let pid), .launching(stopping: false)):
            phase = .starting(pid: pid)
            return [.awaitReadiness(launch: launches)]
        case (.launched(let pid), .launching(stopping: true)):
            return stop(pid: pid, step: 0)
        case (.launchFailed, .launching(stopping: true)):
            return finish()
        case (.launchFailed, .launching(stopping: false)), (.exited, .starting):
            return restart(random: random)
        case (.ready(let launch), .starting(let pid)) where launch == launches:
            phase = .ready(pid: pid, since: now)
            return [.reportReady(restarts: launches - 1)]
        case (.exited, .ready(_, let since)):
            if now - since >= policy.stableAfter {
                failures = 0
            }
            return restart(random: random)
        case (.exited, .stopping):
            return finish()
        case (.timerFired(let fired), .waiting(let timer)) where fired == timer:
            return launch()
        case (.timerFired(let fired), .stopping(let pid, let step, let timer)) where fired == timer:
            return stop(pid: pid, step: step + 1)
        case (.stop, .idle), (.stop, .waiting):
            return finish()
        case (.stop, .launching):
            phase = .launching(stopping: true)
            return []
        case (.stop, .starting(let pid)), (.stop, .ready(let pid, _)):
            return stop(pid: pid, step: 0)
        default:
            // A timer or an answer that came too late, or a stop that was asked for twice.
            return []
        }
    }

    private mutating func launch() -> [Action] {
        launches += 1
        phase = .launching(stopping: false)
        return [.launch(launches)]
    }

    private mutating func restart(random: Double) -> [Action] {
        failures += 1
        timers += 1
        phase = .waiting(timer: timers)
        let wait = policy.backoff(failures: failures, random: random)
        return [.reportRestart(after: wait, failures: failures), .startTimer(timers, wait)]
    }

    private mutating func stop(pid: Int32, step: Int) -> [Action] {
        guard step < policy.stopSteps.count else {
            return [.reportAbandoned(pid: pid)] + finish()
        }
        timers += 1
        phase = .stopping(pid: pid, step: step, timer: timers)
        let current = policy.stopSteps[step]
        return [.signal(current.signal, escalated: step > 0), .startTimer(timers, current.bound)]
    }

    private mutating func finish() -> [Action] {
        phase = .finished
        return [.finish]
    }
}
