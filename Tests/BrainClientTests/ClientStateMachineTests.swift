import NIOCore
import Testing
import WireProtocol

@testable import BrainClient

@Suite struct ClientStateMachineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let lost = BrainError.connectionLost(reason: "gone")
    private static let refused = BrainError.notConnected(reason: "refused", errno: 111)

    private func machine(_ change: (inout BrainClient.Configuration) -> Void = { _ in }) -> ClientStateMachine {
        var configuration = BrainClient.Configuration()
        configuration.minimumReconnectDelay = .milliseconds(20)
        configuration.maximumReconnectDelay = .milliseconds(50)
        change(&configuration)
        return ClientStateMachine(configuration, random: { 0 })
    }

    private func drain(_ machine: inout ClientStateMachine) -> [Int64] {
        var sent: [Int64] = []
        while let id = machine.nextToSend(isWritable: true) { sent.append(id) }
        return sent
    }

    @Test func connectsAtTheFirstRequestAndSendsInOrder() {
        var machine = machine()
        #expect(machine.submit(1, bytes: 10, now: Self.start) == .connect(after: .zero))
        #expect(machine.submit(2, bytes: 10, now: Self.start) == nil)
        #expect(drain(&machine).isEmpty)
        #expect(machine.connected() == true)
        #expect(drain(&machine) == [1, 2])
        #expect(machine.answered(2).isAwaited)
        #expect(!machine.answered(2).isAwaited)
    }

    @Test func keepsTheBoundOfRequestsInFlight() {
        var machine = machine { $0.maximumInFlight = 2 }
        for id in Int64(1)...3 { _ = machine.submit(id, bytes: 1, now: Self.start) }
        _ = machine.connected()
        #expect(drain(&machine) == [1, 2])
        #expect(machine.answered(1).isAwaited)
        #expect(drain(&machine) == [3])
        #expect(machine.nextToSend(isWritable: false) == nil)
    }

    @Test func refusesMoreThanTheQueueHolds() {
        var machine = machine {
            $0.maximumQueued = 2
            $0.maximumQueuedBytes = 100
        }
        _ = machine.submit(1, bytes: 60, now: Self.start)
        #expect(machine.submit(2, bytes: 60, now: Self.start) == .fail([2], .queueFull))
        #expect(machine.submit(3, bytes: 40, now: Self.start) == nil)
        #expect(machine.submit(4, bytes: 0, now: Self.start) == .fail([4], .queueFull))
    }

    @Test func aRequestLargerThanTheQueueGoesAlone() {
        var machine = machine { $0.maximumQueuedBytes = 100 }
        #expect(machine.submit(1, bytes: 1_000, now: Self.start) == .connect(after: .zero))
    }

    @Test func failsWhatWaitsWhenThereIsNoConnectionAndPausesLongerEachTime() {
        var machine = machine()
        for (id, milliseconds) in [(1, 0), (2, 20), (3, 40), (4, 50), (5, 50)] as [(Int64, Int64)] {
            #expect(machine.submit(id, bytes: 1, now: Self.start) == .connect(after: .milliseconds(milliseconds)))
            #expect(machine.connectionFailed(Self.refused, now: Self.start) == .fail([id], Self.refused))
        }
        let later = Self.start + .milliseconds(60)
        #expect(machine.submit(6, bytes: 1, now: later) == .connect(after: .zero))
    }

    @Test func losesWhatIsInFlightAndKeepsWhatWaits() {
        var machine = machine { $0.maximumInFlight = 1 }
        _ = machine.submit(1, bytes: 1, now: Self.start)
        _ = machine.submit(2, bytes: 1, now: Self.start)
        _ = machine.connected()
        #expect(drain(&machine) == [1])
        let actions = machine.disconnected(reason: "gone", now: Self.start)
        #expect(actions == [.fail([1], Self.lost), .connect(after: .milliseconds(20))])
        #expect(machine.connected() == true)
        #expect(drain(&machine) == [2])
    }

    @Test func anAnswerEndsThePauses() {
        var machine = machine()
        _ = machine.submit(1, bytes: 1, now: Self.start)
        _ = machine.connectionFailed(Self.refused, now: Self.start)
        _ = machine.submit(2, bytes: 1, now: Self.start)
        _ = machine.connected()
        _ = drain(&machine)
        #expect(machine.answered(2).isAwaited)
        _ = machine.disconnected(reason: "gone", now: Self.start)
        #expect(machine.submit(3, bytes: 1, now: Self.start) == .connect(after: .milliseconds(20)))
    }

    @Test func passesOverAnAnswerThatNobodyAwaits() {
        var machine = machine()
        _ = machine.submit(1, bytes: 1, now: Self.start)
        _ = machine.connected()
        _ = drain(&machine)
        #expect(machine.forget(1) == true)
        #expect(machine.forget(1) == nil)
        let late = machine.answered(1)
        #expect(!late.isAwaited && late.actions.isEmpty)
    }

    @Test func anAnswerToWhatWasNeverSentIsAViolation() {
        var machine = machine()
        _ = machine.submit(1, bytes: 1, now: Self.start)
        _ = machine.connected()
        _ = drain(&machine)
        let actions = machine.answered(7).actions
        guard case .fail([1], .protocolViolation) = actions.first else {
            Issue.record("expected a protocol violation, got \(actions)")
            return
        }
        #expect(actions.last == .close)
    }

    @Test func blamesTheLongestRequestForAFrameThatWasTooLarge() {
        var machine = machine()
        for (id, bytes) in [(1, 10), (2, 900), (3, 20)] as [(Int64, Int)] {
            _ = machine.submit(id, bytes: bytes, now: Self.start)
        }
        _ = machine.connected()
        _ = drain(&machine)
        let rejection = Rejection(StoreError(.frameTooLarge, "too large"))
        #expect(machine.rejectedWithoutID(rejection) == [.fail([2], .rejected(rejection)), .close])
        #expect(machine.disconnected(reason: "gone", now: Self.start) == [.fail([1, 3], Self.lost)])
    }

    @Test func closedForGoodItTakesNothingMore() {
        var machine = machine { $0.maximumInFlight = 1 }
        _ = machine.submit(1, bytes: 1, now: Self.start)
        _ = machine.submit(2, bytes: 1, now: Self.start)
        _ = machine.connected()
        _ = drain(&machine)
        let closed = ClientStateMachine.shutDownError
        #expect(
            machine.shutDown() == [
                .close, .fail([1], .connectionLost(reason: "the client was closed")), .fail([2], closed),
            ])
        #expect(machine.submit(3, bytes: 1, now: Self.start) == .fail([3], closed))
        #expect(machine.shutDown().isEmpty)
    }

    @Test(arguments: [(1, 0.0, 20), (1, 0.5, 15), (2, 0.0, 40), (9, 0.0, 50), (9, 0.99, 25)])
    func backoffDoublesIsBoundedAndJittered(failures: Int, random: Double, milliseconds: Int) {
        let backoff = Backoff(minimum: .milliseconds(20), maximum: .milliseconds(50))
        let delay = backoff.delay(afterFailures: failures, random: random)
        #expect(delay >= .milliseconds(milliseconds) && delay < .milliseconds(milliseconds + 1))
    }

    @Test func whatTheKernelDidNotTakeGoesOnTheNextConnectionFirstAndInOrder() {
        var machine = machine()
        for id in Int64(1)...4 { _ = machine.submit(id, bytes: 10, now: Self.start) }
        _ = machine.connected()
        #expect(drain(&machine) == [1, 2, 3, 4])
        _ = machine.submit(5, bytes: 10, now: Self.start)
        for id in Int64(2)...4 { machine.notTaken(id) }
        // Nobody waits for it any more, and it was not carried out.
        #expect(machine.forget(3) == false)
        let actions = machine.disconnected(reason: "gone", now: Self.start)
        #expect(actions == [.fail([1], Self.lost), .connect(after: .milliseconds(20))])
        _ = machine.connected()
        #expect(drain(&machine) == [2, 4, 5])
    }

    @Test func aRequestDoesNotGoBackForEver() {
        var machine = machine()
        _ = machine.submit(1, bytes: 10, now: Self.start)
        for _ in 1...5 {
            _ = machine.connected()
            #expect(drain(&machine) == [1])
            machine.notTaken(1)
            #expect(machine.disconnected(reason: "gone", now: Self.start).first == .fail([], Self.lost))
        }
        _ = machine.connected()
        #expect(drain(&machine) == [1])
        machine.notTaken(1)
        #expect(machine.disconnected(reason: "gone", now: Self.start).first == .fail([1], Self.lost))
    }

    @Test func connectionsThatAreClosedAtOnceAreTriedAFewTimes() {
        var machine = machine()
        #expect(machine.submit(1, bytes: 10, now: Self.start) == .connect(after: .zero))
        for _ in 1...5 {
            guard case .connect? = machine.closedAtOnce(now: Self.start).last else {
                Issue.record("not tried again")
                return
            }
        }
        guard case .fail([1], .notConnected)? = machine.closedAtOnce(now: Self.start).last else {
            Issue.record("not given up")
            return
        }
    }

    @Test func aConnectionToADaemonThatEndsIsLeftWhenItsAnswersAreThere() {
        var machine = machine()
        for id in Int64(1)...2 { _ = machine.submit(id, bytes: 10, now: Self.start) }
        _ = machine.connected()
        #expect(drain(&machine) == [1, 2])
        machine.daemonEnds()
        #expect(machine.answered(1).isAwaited)
        let closesEarly = machine.closesNow()
        #expect(!closesEarly)
        #expect(machine.submit(3, bytes: 10, now: Self.start) == nil)
        #expect(drain(&machine).isEmpty)
        #expect(machine.answered(2).isAwaited)
        let (closes, closesAgain) = (machine.closesNow(), machine.closesNow())
        #expect(closes && !closesAgain)
        guard case .connect? = machine.disconnected(reason: "left", now: Self.start).last else {
            Issue.record("no new connection")
            return
        }
        _ = machine.connected()
        #expect(drain(&machine) == [3])
    }
}
