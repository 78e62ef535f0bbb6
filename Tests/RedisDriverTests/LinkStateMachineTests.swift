import MonotonicClock
import Testing

@testable import RedisDriver

/// The link as a table: events in, actions out, on a clock that the test moves.
@Suite struct LinkStateMachineTests {
    typealias Event = LinkStateMachine.Event
    typealias Action = LinkStateMachine.Action

    /// One line: the time in milliseconds, what happens, what is done, and when the timer is due afterwards.
    struct Step {
        let at: Int
        let event: Event
        let actions: [Action]
        let wakeUp: Int?

        init(_ at: Int, _ event: Event, _ actions: [Action], wakeUp: Int?) {
            self.at = at
            self.event = event
            self.actions = actions
            self.wakeUp = wakeUp
        }
    }

    private static let origin = MonotonicInstant.now

    private static func at(_ milliseconds: Int) -> MonotonicInstant { origin + .milliseconds(milliseconds) }

    /// A loss as callers and the socket see it.
    private static func lost(_ reason: String) -> [Action] { [.publish(.unavailable(reason)), .close(reason: reason)] }

    private func expect(_ steps: [Step], randomness: Double = 0.5, sourceLocation: SourceLocation = #_sourceLocation) {
        var machine = LinkStateMachine(
            limits: .init(
                connectTimeout: .milliseconds(500), minimumBackoff: .milliseconds(80),
                maximumBackoff: .milliseconds(640)),
            randomness: { randomness })
        for (line, step) in steps.enumerated() {
            let actions = machine.handle(step.event, at: Self.at(step.at))
            #expect(actions == step.actions, "line \(line)", sourceLocation: sourceLocation)
            #expect(
                machine.wakeUp(earliestDeadline: nil) == step.wakeUp.map(Self.at), "line \(line)",
                sourceLocation: sourceLocation)
        }
    }

    private static let connected = [
        Step(0, .start, [.connect], wakeUp: 500), Step(10, .connected, [.greet(until: at(500))], wakeUp: 500),
        Step(20, .greeted, [.publish(.ready)], wakeUp: nil),
    ]

    @Test func connectsGreetsAndIsReady() { expect(Self.connected) }

    @Test func whatComesAtTheWrongTimeIsIgnored() {
        expect([
            Step(0, .connected, [], wakeUp: nil), Step(0, .greeted, [], wakeUp: nil),
            Step(0, .failed("x"), [], wakeUp: nil),
            Step(0, .timer(earliestDeadline: Self.at(-1)), [], wakeUp: nil), Step(0, .start, [.connect], wakeUp: 500),
            Step(1, .start, [], wakeUp: 500), Step(1, .greeted, [], wakeUp: 500),
            Step(2, .failed("x"), Self.lost("x"), wakeUp: 62), Step(3, .failed("y"), [], wakeUp: 62),
            Step(4, .connected, [], wakeUp: 62), Step(5, .timer(earliestDeadline: Self.at(-1)), [], wakeUp: 62),
        ])
    }

    @Test func anAttemptThatTakesTooLongFails() {
        let reason = "no answer within the time to connect"
        expect([
            Step(0, .start, [.connect], wakeUp: 500), Step(499, .timer(earliestDeadline: nil), [], wakeUp: 500),
            Step(500, .timer(earliestDeadline: nil), Self.lost(reason), wakeUp: 560),
            Step(560, .timer(earliestDeadline: nil), [.connect], wakeUp: 1060),
            Step(1000, .connected, [.greet(until: Self.at(1060))], wakeUp: 1060),
            Step(1061, .timer(earliestDeadline: nil), Self.lost(reason), wakeUp: 1181),
        ])
    }

    @Test func theHandshakeCanFail() {
        expect(
            Self.connected.dropLast() + [
                Step(20, .failed("NOAUTH"), Self.lost("NOAUTH"), wakeUp: 80),
                Step(80, .timer(earliestDeadline: nil), [.connect], wakeUp: 580),
            ])
    }

    @Test func aMissedDeadlineMeansHung() {
        let reason = "no answer by the deadline of a command"
        expect(
            Self.connected + [
                Step(30, .timer(earliestDeadline: nil), [], wakeUp: nil),
                Step(40, .timer(earliestDeadline: Self.at(41)), [], wakeUp: nil),
                Step(41, .timer(earliestDeadline: Self.at(41)), Self.lost(reason), wakeUp: 101),
            ])
    }

    @Test func resetGivesUpWhateverThereIs() {
        expect(
            Self.connected + [
                Step(30, .reset("a"), Self.lost("a"), wakeUp: 90),
                // While there is nothing to give up, only the reason changes.
                Step(40, .reset("b"), [.publish(.unavailable("b"))], wakeUp: 90),
                Step(90, .timer(earliestDeadline: nil), [.connect], wakeUp: 590),
                Step(91, .reset("c"), Self.lost("c"), wakeUp: 211),
                Step(211, .timer(earliestDeadline: nil), [.connect], wakeUp: 711),
                Step(212, .connected, [.greet(until: Self.at(711))], wakeUp: 711),
                Step(213, .reset("d"), Self.lost("d"), wakeUp: 453),
            ])
        expect([Step(0, .reset("early"), [.publish(.unavailable("early"))], wakeUp: nil)])
    }

    @Test func shutDownIsTheEnd() {
        let end: [Action] = [.publish(.shutDown), .close(reason: "the client was shut down"), .stop]
        for begun in 0...Self.connected.count {
            expect(
                Self.connected.prefix(begun) + [
                    Step(30, .shutDown, end, wakeUp: nil), Step(31, .shutDown, [], wakeUp: nil),
                    Step(32, .start, [], wakeUp: nil), Step(33, .reset("x"), [], wakeUp: nil),
                    Step(34, .failed("x"), [], wakeUp: nil), Step(35, .timer(earliestDeadline: nil), [], wakeUp: nil),
                ])
        }
    }

    /// Each line: the random number, and the pauses after the first, second … failure in a row.
    @Test(arguments: [
        (0.0, [40, 80, 160, 320, 320, 320]), (0.5, [60, 120, 240, 480, 480, 480]),
        (0.75, [70, 140, 280, 560, 560, 560]),
    ]) func pausesDoubleWithTheirUpperHalfRandom(randomness: Double, pauses: [Int]) {
        var machine = LinkStateMachine(
            limits: .init(
                connectTimeout: .milliseconds(500), minimumBackoff: .milliseconds(80),
                maximumBackoff: .milliseconds(640)),
            randomness: { randomness })
        _ = machine.handle(.start, at: Self.at(0))
        var now = 0
        for pause in pauses + Array(repeating: pauses[5], count: 100) {
            _ = machine.handle(.failed("x"), at: Self.at(now))
            #expect(machine.wakeUp(earliestDeadline: nil) == Self.at(now + pause))
            now += pause
            #expect(machine.handle(.timer(earliestDeadline: nil), at: Self.at(now)) == [.connect])
        }
        // A connection that became ready starts the count anew.
        _ = machine.handle(.connected, at: Self.at(now))
        _ = machine.handle(.greeted, at: Self.at(now))
        _ = machine.handle(.failed("x"), at: Self.at(now))
        #expect(machine.wakeUp(earliestDeadline: nil) == Self.at(now + pauses[0]))
    }
}
