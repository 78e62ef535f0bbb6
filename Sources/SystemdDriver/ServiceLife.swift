public import Logging
import LogEvents
import MonotonicClock
import Synchronization
import ThreadedIO

/// The daemon's life as its service manager sees it: what it is told of start, reload, stop and state, and the signs of life.
///
/// A thread of its own asks the parts for proofs that they turn. While all give them, the manager is told so: by `WATCHDOG=1`
/// when it serves, and by `EXTEND_TIMEOUT_USEC` while it starts or stops, so that neither has an end as long as it goes on.
/// Nothing is told when a part hangs: then the manager's limit passes. Whether PostgreSQL answers plays no part in it.
///
/// Without a manager nothing is sent, and there is no thread.
public final class ServiceLife: Sendable {
    /// Something that has to turn: an event loop, the pool of threads on which tasks run, an actor.
    public struct Part: Sendable {
        /// What it is called in the log.
        public let name: String
        /// Has the part itself call `done`, and returns at once.
        public let probe: @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

        /// Makes a part.
        public init(name: String, probe: @escaping @Sendable (_ done: @escaping @Sendable () -> Void) -> Void) {
            self.name = name
            self.probe = probe
        }

        /// The threads on which Swift's tasks run.
        public static let tasks = Part(name: "tasks") { done in Task { done() } }
    }

    private struct State {
        var phase = ServicePhase()
        var watchdog: Watchdog
        var parts: [String: Part] = [Part.tasks.name: .tasks]
        var isEnded = false
        /// The last failure to send that was told of.
        var sendFailure: String?
    }

    /// How often the start or the stop is said to go on: a third of what is asked for.
    private static let patienceInterval: Int64 = 10_000_000_000

    private let notifier: ServiceNotifier
    private let logger: Logger
    private let state: Mutex<State>
    private let wakeup: WakeupDescriptor?

    /// The life of a service that starts now. Throws `Failure` when the system gives no thread for it.
    public init(notifier: ServiceNotifier = ServiceNotifier(), logger: Logger) throws(Failure) {
        self.notifier = notifier
        self.logger = logger
        let interval = notifier.hasManager ? Self.patienceInterval : nil
        state = Mutex(State(watchdog: Watchdog(interval: interval, now: MonotonicTime.nanoseconds)))
        guard notifier.hasManager else {
            wakeup = nil
            return
        }
        do {
            let wakeup = try WakeupDescriptor()
            self.wakeup = wakeup
            try OwnThread.start(named: "service-life", isWatched: false) { [self] in watch(wakeup) }
        } catch {
            throw Failure(description: error.description)
        }
    }

    /// What the system refused.
    public struct Failure: Error, CustomStringConvertible {
        /// In words.
        public let description: String
    }

    // MARK: What the daemon tells

    /// It serves. Without effect once it has begun to stop.
    public func serves(_ status: String) { tell(.says(status), .serves) }

    /// It begins to read its configuration anew.
    public func reloads() {
        tell(.reloads(atMicroseconds: MonotonicTime.nanoseconds / 1_000), .says("Reloading the configuration"))
    }

    /// The reload has ended, well or not, which `status` tells.
    public func reloaded(_ status: String) { tell(.says(status), .reloaded) }

    /// It begins to stop.
    public func stops(_ status: String) { tell(.stops, .says(status)) }

    /// It is so, in words for `systemctl status`; sent only when it was not so before.
    public func says(_ status: String) { tell(.says(status)) }

    /// The stop is over: nothing is told from now on, and the thread ends.
    public func ends() {
        state.withLock { $0.isEnded = true }
        wakeup?.signal()
    }

    /// From now on these have to turn, too.
    public func watch(_ parts: [Part]) {
        state.withLock { state in for part in parts { state.parts[part.name] = part } }
    }

    /// These end.
    public func unwatch(_ parts: [Part]) {
        state.withLock { state in
            for part in parts {
                state.parts[part.name] = nil
                state.watchdog.removed(part.name)
            }
        }
        wakeup?.signal()
    }

    private func tell(_ events: ServicePhase.Event...) {
        guard notifier.hasManager else { return }
        let failure = state.withLock { state -> String? in
            guard !state.isEnded else { return nil }
            let stage = state.phase.stage
            let messages = events.flatMap { state.phase.messages(for: $0) }
            if state.phase.stage != stage {
                state.watchdog.setInterval(interval(in: state.phase.stage), now: MonotonicTime.nanoseconds)
            }
            // Under the lock, so that what two threads tell arrives in the order in which it became so.
            return send(messages, &state)
        }
        report(failure)
        wakeup?.signal()
    }

    private func interval(in stage: ServicePhase.Stage) -> Int64? {
        switch stage {
        case .starting, .stopping: Self.patienceInterval
        case .serving, .reloading: notifier.watchdogLimit.map { Int64($0 / .nanoseconds(1)) / 2 }
        }
    }

    /// - Returns: a failure that has not been told of.
    private func send(_ messages: [ServiceMessage], _ state: inout State) -> String? {
        guard !messages.isEmpty else { return nil }
        let failure = notifier.send(messages)
        defer { state.sendFailure = failure }
        return failure == state.sendFailure ? nil : failure
    }

    private func report(_ failure: String?) {
        guard let failure else { return }
        logger.log(
            .managerUnreachable, .warning, "the service manager can't be told how the daemon is: \(failure)",
            metadata: ["reason": "\(failure)"])
    }

    // MARK: The thread

    private func watch(_ wakeup: WakeupDescriptor) {
        while let until = look() {
            let limit = until == .max ? nil : MonotonicInstant.now + .nanoseconds(until - MonotonicTime.nanoseconds)
            let ready = Readiness.wait(socket: -1, [], wakeup: wakeup.descriptor, until: limit)
            if ready.contains(.wakeup) { wakeup.drain() }
        }
    }

    /// Does what is due. Returns when to look again (`Int64.max`: when woken), or nil at the end.
    private func look() -> Int64? {
        let lateThread = ThreadPulse.lateThread(allowance: Watchdog.threadAllowance)
        let now = MonotonicTime.nanoseconds
        let (actions, parts, next) = state.withLock { state -> ([Watchdog.Action], [Part], Int64?) in
            guard !state.isEnded else { return ([], [], nil) }
            let parts = Array(state.parts.values)
            let actions = state.watchdog.advance(at: now, parts: parts.map(\.name), lateThread: lateThread)
            return (actions, parts, state.watchdog.nextLook(at: now) ?? .max)
        }
        for action in actions { perform(action, parts) }
        return next
    }

    private func perform(_ action: Watchdog.Action, _ parts: [Part]) {
        switch action {
        case .probe(let round):
            for part in parts {
                let name = part.name
                part.probe { [weak self] in self?.answered(name, round: round) }
            }
        case .prove: tell(.proves)
        case .warn(let names, let span):
            let list = names.joined(separator: ", ")
            let seconds = (span / .milliseconds(100)).rounded(.down) / 10
            logger.log(
                .partHangs, .error,
                "has not turned for \(seconds) s: \(list); the watchdog is told nothing until it does",
                metadata: ["parts": "\(list)", "seconds": "\(seconds)"])
            tell(.says("HANGS: \(list)"))
        case .recover: logger.log(.partTurns, .notice, "all parts turn again")
        }
    }

    private func answered(_ part: String, round: UInt64) {
        // An idle daemon is woken as little as can be.
        if state.withLock({ $0.watchdog.answered(part, round: round) }) { wakeup?.signal() }
    }
}
