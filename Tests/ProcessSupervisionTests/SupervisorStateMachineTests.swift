import ProcessSupervision
import Testing

@Suite("Supervisor state machine")
struct SupervisorStateMachineTests {
    typealias Event = SupervisorStateMachine.Event
    typealias Action = SupervisorStateMachine.Action

    static let policy: SupervisionPolicy = {
        var policy = SupervisionPolicy(stopSteps: [
            .init(signal: 2, bound: .seconds(30)), .init(signal: 3, bound: .seconds(10)),
            .init(signal: 9, bound: .seconds(5)),
        ])
        policy.stableAfter = .seconds(10)
        return policy
    }()

    /// One story: at each time (seconds of a fake clock) an event, and what has to be done.
    struct Story: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [(at: Int, event: Event, actions: [Action])]
        var phase: SupervisionStatus.Phase
    }

    static func restart(_ timer: Int, _ milliseconds: Int, _ failures: Int) -> [Action] {
        let wait = Duration.milliseconds(milliseconds)
        return [.reportRestart(after: wait, failures: failures), .startTimer(timer, wait)]
    }

    static let up: [(at: Int, event: Event, actions: [Action])] = [
        (0, .start, [.launch(1)]), (0, .launched(pid: 7), [.awaitReadiness(launch: 1)]),
        (1, .ready(launch: 1), [.reportReady(restarts: 0)]),
    ]

    // The jitter's random number is always 1: the full wait.
    static let stories: [Story] = [
        Story(
            testDescription: "started, stopped politely",
            steps: up + [
                (5, .stop, [.signal(2, escalated: false), .startTimer(1, .seconds(30))]), (6, .exited, [.finish]),
            ], phase: .stopped),
        Story(
            testDescription: "a deaf child gets every signal, and is given up",
            steps: up + [
                (5, .stop, [.signal(2, escalated: false), .startTimer(1, .seconds(30))]),
                (35, .timerFired(1), [.signal(3, escalated: true), .startTimer(2, .seconds(10))]),
                (36, .stop, []),
                (45, .timerFired(2), [.signal(9, escalated: true), .startTimer(3, .seconds(5))]),
                (50, .timerFired(3), [.reportAbandoned(pid: 7), .finish]),
                (51, .exited, []),
            ], phase: .stopped),
        Story(
            testDescription: "dies after a healthy while: shortest wait again",
            steps: up + [
                (20, .exited, restart(1, 100, 1)), (20, .timerFired(1), [.launch(2)]),
                (20, .launched(pid: 8), [.awaitReadiness(launch: 2)]),
                (21, .ready(launch: 2), [.reportReady(restarts: 1)]),
                (40, .exited, restart(2, 100, 1)),
            ], phase: .waitingToRestart),
        Story(
            testDescription: "dies again and again: doubling waits, up to the maximum",
            steps: [(0, .start, [.launch(1)])]
                + [100, 200, 400, 800, 1600, 3200, 5000, 5000].enumerated().flatMap { index, wait in
                    [
                        (0, Event.launched(pid: 7), [Action.awaitReadiness(launch: index + 1)]),
                        (0, .exited, restart(index + 1, wait, index + 1)),
                        (0, .timerFired(index + 1), [.launch(index + 2)]),
                    ]
                }, phase: .starting),
        Story(
            testDescription: "a launch that fails is tried again",
            steps: [
                (0, .start, [.launch(1)]), (0, .launchFailed, restart(1, 100, 1)), (0, .timerFired(1), [.launch(2)]),
                (0, .launchFailed, restart(2, 200, 2)),
            ], phase: .waitingToRestart),
        Story(
            testDescription: "stopped while it waits to restart",
            steps: up + [(20, .exited, restart(1, 100, 1)), (20, .stop, [.finish]), (21, .timerFired(1), [])],
            phase: .stopped),
        Story(
            testDescription: "stopped while a launch is under way",
            steps: [
                (0, .start, [.launch(1)]), (0, .stop, []),
                (0, .launched(pid: 7), [.signal(2, escalated: false), .startTimer(1, .seconds(30))]),
                (1, .exited, [.finish]),
            ], phase: .stopped),
        Story(
            testDescription: "stopped while a launch is under way that fails",
            steps: [(0, .start, [.launch(1)]), (0, .stop, []), (0, .launchFailed, [.finish])], phase: .stopped),
        Story(
            testDescription: "stopped before it was started",
            steps: [(0, .stop, [.finish]), (0, .start, [])], phase: .stopped),
        Story(
            testDescription: "late answers of an earlier launch, and a second start, change nothing",
            steps: up + [
                (2, .start, []), (20, .exited, restart(1, 100, 1)), (20, .ready(launch: 1), []),
                (20, .timerFired(0), []), (20, .timerFired(1), [.launch(2)]), (20, .timerFired(1), []),
                (20, .launched(pid: 8), [.awaitReadiness(launch: 2)]), (20, .ready(launch: 1), []),
            ], phase: .starting),
    ]

    @Test("does what the story tells", arguments: stories)
    func story(_ story: Story) {
        var machine = SupervisorStateMachine(policy: Self.policy)
        for (index, step) in story.steps.enumerated() {
            let actions = machine.handle(step.event, now: .seconds(step.at), random: 1)
            #expect(actions == step.actions, "step \(index), \(step.event)")
        }
        #expect(machine.status.phase == story.phase)
    }

    /// Random events in any order: a launch is never asked for while an earlier one is unanswered or its child lives.
    @Test("never asks for two children at once", arguments: 0..<50)
    func neverTwo(seed: UInt64) {
        var machine = SupervisorStateMachine(policy: Self.policy)
        var generator = SplitMix(state: seed)
        var launching = false
        var alive = false
        var timer = 0
        var launch = 0
        for step in 0..<400 {
            var events: [Event] = [.start, .timerFired(timer), .ready(launch: launch)]
            if launching { events += [.launched(pid: 5), .launchFailed] }
            if alive { events.append(.exited) }
            if step > 350 { events.append(.stop) }
            let event = events[Int(generator.next() % UInt64(events.count))]
            switch event {
            case .launched: (launching, alive) = (false, true)
            case .launchFailed: launching = false
            case .exited: alive = false
            default: break
            }
            for action in machine.handle(event, now: .seconds(step), random: 0.5) {
                switch action {
                case .launch(let number):
                    #expect(!launching && !alive)
                    (launching, launch) = (true, number)
                case .startTimer(let number, _): timer = number
                default: break
                }
            }
        }
    }

    @Test("the wait lies between the bounds, whatever the random number", arguments: [0.0, 0.3, 1.0, -1, 2, .nan])
    func backoff(random: Double) {
        for failures in [0, 1, 2, 5, 7, 20, 63, 64, 1000, .max] {
            let wait = Self.policy.backoff(failures: failures, random: random)
            #expect(wait >= .milliseconds(100) && wait <= .seconds(5), "\(failures) failures")
        }
        #expect(Self.policy.backoff(failures: 10, random: 0) == .milliseconds(2500))
        #expect(Self.policy.backoff(failures: 10, random: 1) == .seconds(5))
    }

    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
}
