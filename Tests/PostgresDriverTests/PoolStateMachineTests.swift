import MonotonicClock
import Synchronization
import Testing

@testable import PostgresDriver

/// The pool as a table: events in, actions out, on a clock that the test moves.
@Suite struct PoolStateMachineTests {
    typealias Action = PoolStateMachine.Action

    /// A machine and its clock, in milliseconds since the test began.
    struct Bench {
        var machine: PoolStateMachine
        let origin = MonotonicInstant.now

        init(size: Int = 2, minimum: Int = 1, maxWaiting: Int = 2) {
            machine = PoolStateMachine(
                limits: .init(
                    size: size, minimum: minimum, maxWaiting: maxWaiting, attemptTimeout: .seconds(2),
                    minimumBackoff: .milliseconds(50), maximumBackoff: .seconds(1)),
                randomness: { 1 })
        }

        func at(_ milliseconds: Int) -> MonotonicInstant { origin + .milliseconds(milliseconds) }

        /// The actions that `event` brings at a time, without wake-ups.
        mutating func feed(_ event: PoolStateMachine.Event, at milliseconds: Int = 0) -> [Action] {
            machine.handle(event, at: at(milliseconds)).filter { if case .wake = $0 { false } else { true } }
        }

        /// A machine with one idle connection, number 1.
        static func connected(size: Int = 2, minimum: Int = 1, maxWaiting: Int = 2) -> Bench {
            var bench = Bench(size: size, minimum: minimum, maxWaiting: maxWaiting)
            _ = bench.feed(.start)
            _ = bench.feed(.connected(c(1)))
            return bench
        }

        mutating func request(_ number: UInt64, deadline: Int = 5_000, at milliseconds: Int = 0) -> [Action] {
            feed(.requested(r(number), deadline: at(deadline)), at: milliseconds)
        }
    }

    static func c(_ number: UInt64) -> ConnectionID { ConnectionID(number: number) }
    static func r(_ number: UInt64) -> RequestID { RequestID(number: number) }
    private func c(_ number: UInt64) -> ConnectionID { Self.c(number) }
    private func r(_ number: UInt64) -> RequestID { Self.r(number) }

    @Test func callersWaitForTheFirstAttemptAndAreServedInOrder() {
        var bench = Bench()
        #expect(bench.feed(.start) == [.connect(c(1))])
        #expect(bench.request(1) == [])
        #expect(bench.request(2) == [.connect(c(2))])
        #expect(bench.feed(.connected(c(2))) == [.lease(c(2), r(1))])
        #expect(bench.feed(.connected(c(1))) == [.lease(c(1), r(2))])
    }

    @Test func noConnectionBeyondTheSizeAndNoWaiterBeyondTheBound() {
        var bench = Bench.connected(size: 1)
        #expect(bench.request(1) == [.lease(c(1), r(1))])
        #expect(bench.request(2) == [])
        #expect(bench.request(3) == [])
        #expect(bench.request(4) == [.refuse(r(4), .busy)])
        #expect(bench.feed(.released(c(1), isSound: true)) == [.lease(c(1), r(2))])
        #expect(bench.request(5) == [])
    }

    @Test func theMostRecentlyUsedConnectionIsLeased() {
        var bench = Bench.connected(minimum: 2)
        _ = bench.feed(.connected(c(2)))
        #expect(bench.request(1) == [.lease(c(2), r(1))])
        #expect(bench.request(2) == [.lease(c(1), r(2))])
        _ = bench.feed(.released(c(2), isSound: true))
        _ = bench.feed(.released(c(1), isSound: true))
        #expect(bench.request(3) == [.lease(c(1), r(3))])
    }

    @Test func aDownServerIsToldAtOnceAndTriedForEver() {
        var bench = Bench(minimum: 2)
        #expect(bench.feed(.start) == [.connect(c(1)), .connect(c(2))])
        #expect(bench.request(1) == [])
        // The first of two attempts fails: nobody is left in doubt for the other one.
        #expect(bench.feed(.connectFailed(c(1)), at: 10) == [.refuse(r(1), .unavailable)])
        #expect(bench.feed(.connectFailed(c(2)), at: 10) == [])
        #expect(bench.request(2, at: 11) == [.refuse(r(2), .unavailable)])
        // One attempt at a time, after 50, 100, 200, … up to 1,000 ms.
        var now = 10
        var connection: UInt64 = 3
        for pause in [50, 100, 200, 400, 800, 1_000, 1_000] {
            #expect(bench.feed(.timer, at: now + pause - 1) == [])
            #expect(bench.feed(.timer, at: now + pause) == [.connect(c(connection))])
            now += pause
            #expect(bench.request(9, deadline: 60_000, at: now) == [.refuse(r(9), .unavailable)])
            #expect(bench.feed(.connectFailed(c(connection)), at: now) == [])
            connection += 1
        }
        _ = bench.feed(.timer, at: now + 1_000)
        #expect(bench.feed(.connected(c(connection)), at: now + 1_001) == [.connect(c(connection + 1))])
        #expect(bench.request(10, deadline: 60_000, at: now + 1_002) == [.lease(c(connection), r(10))])
    }

    @Test func aFailedAttemptBesideAStandingConnectionRefusesNobody() {
        var bench = Bench.connected()
        _ = bench.request(1)
        #expect(bench.request(2) == [.connect(c(2))])
        #expect(bench.feed(.connectFailed(c(2))) == [])
        #expect(bench.machine.isDown == false)
        // When the last standing one goes too, it is down.
        #expect(bench.feed(.released(c(1), isSound: false)) == [.refuse(r(2), .unavailable)])
        #expect(bench.machine.isDown)
    }

    @Test func waitersGoByDeadlineAndByCancellation() {
        var bench = Bench.connected(size: 1, maxWaiting: 3)
        _ = bench.request(1)
        _ = bench.request(2, deadline: 300)
        _ = bench.request(3, deadline: 200)
        _ = bench.request(4, deadline: 900)
        #expect(bench.machine.wakeAt == bench.at(200))
        #expect(bench.feed(.timer, at: 200) == [.refuse(r(3), .deadlineExceeded)])
        #expect(bench.machine.wakeAt == bench.at(300))
        #expect(bench.feed(.cancelled(r(4)), at: 210) == [.refuse(r(4), .cancelled)])
        #expect(bench.feed(.cancelled(r(1)), at: 210) == [], "leased: it runs to its end")
        #expect(bench.feed(.timer, at: 300) == [.refuse(r(2), .deadlineExceeded)])
        #expect(bench.request(5, deadline: 300, at: 300) == [.refuse(r(5), .deadlineExceeded)])
    }

    @Test func aJobNotStartedGoesToTheHeadOfTheQueue() {
        var bench = Bench.connected(minimum: 2)
        _ = bench.feed(.connected(c(2)))
        _ = bench.request(1)
        _ = bench.request(2)
        _ = bench.request(3)
        #expect(bench.feed(.closed(c(2))) == [])
        #expect(bench.machine.waiters.map(\.id) == [r(1), r(3)])
        #expect(bench.feed(.released(c(1), isSound: true)) == [.lease(c(1), r(1))])
        // The one that ended had not served yet: its successor comes after a pause.
        #expect(bench.feed(.timer, at: 50) == [.connect(c(3))])
    }

    @Test func aJobNotStartedFindsAnIdleConnectionAtOnce() {
        var bench = Bench.connected(minimum: 2)
        _ = bench.feed(.connected(c(2)))
        #expect(bench.request(1) == [.lease(c(2), r(1))])
        #expect(bench.feed(.closed(c(2))) == [.lease(c(1), r(1))])
    }

    @Test func aLostConnectionIsReplacedAtOnceOneNeverUsedAfterAPause() {
        var bench = Bench.connected()
        _ = bench.request(1)
        #expect(bench.feed(.released(c(1), isSound: false)) == [.connect(c(2))])
        _ = bench.feed(.connected(c(2)))
        #expect(bench.feed(.closed(c(2)), at: 10) == [])
        #expect(bench.feed(.timer, at: 60) == [.connect(c(3))])
    }

    @Test func anAttemptThatTakesTooLongIsGivenUp() {
        var bench = Bench()
        _ = bench.feed(.start)
        _ = bench.request(1)
        #expect(bench.feed(.timer, at: 2_000) == [.abort(c(1)), .refuse(r(1), .unavailable)])
        // Its thread comes too late, one way or the other.
        #expect(bench.feed(.connected(c(1)), at: 2_001) == [.close(c(1))])
        #expect(bench.feed(.closed(c(1)), at: 2_001) == [])
        #expect(bench.machine.isDown)
    }

    @Test func shutdownServesWhoWaitsAndThenCloses() {
        var bench = Bench.connected(size: 1)
        _ = bench.request(1)
        _ = bench.request(2)
        #expect(bench.feed(.shutDown(by: bench.at(1_000))) == [])
        #expect(bench.request(3) == [.refuse(r(3), .shutDown)])
        #expect(bench.feed(.released(c(1), isSound: true)) == [.lease(c(1), r(2))])
        #expect(bench.feed(.released(c(1), isSound: true)) == [.close(c(1))])
        #expect(bench.feed(.closed(c(1))) == [.stopped])
        #expect(bench.request(4) == [.refuse(r(4), .shutDown)])
        #expect(bench.feed(.shutDown(by: bench.at(0))) == [.stopped])
    }

    @Test func shutdownEndsWhatTakesTooLong() {
        var bench = Bench.connected(size: 1)
        _ = bench.request(1)
        _ = bench.request(2)
        _ = bench.feed(.shutDown(by: bench.at(1_000)))
        #expect(bench.feed(.timer, at: 1_000) == [.refuse(r(2), .shutDown), .abort(c(1))])
        // The connection ended before its job began: someone must tell the caller.
        var other = bench
        #expect(other.feed(.closed(c(1)), at: 1_001) == [.refuse(r(1), .shutDown), .stopped])
        // Or its thread answers only after the end, or never.
        #expect(bench.feed(.timer, at: 1_300) == [.stopped])
        #expect(bench.feed(.closed(c(1)), at: 5_000) == [.refuse(r(1), .shutDown)])
    }

    @Test func nothingHappensBeforeTheStart() {
        var bench = Bench()
        #expect(bench.request(1) == [.refuse(r(1), .unavailable)])
        #expect(bench.feed(.shutDown(by: bench.at(10))) == [.stopped])
    }

    @Test func anyOrderOfEventsKeepsTheBounds() {
        // Each request is answered once, no connection is leased twice, and the bounds hold.
        var generator = SplitMix(state: 42)
        for _ in 0..<200 { RandomWalk(&generator).run(&generator) }
    }
}

/// A small seeded generator, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A pool in an unkind world: connections come, fail and break at random.
private struct RandomWalk {
    var bench: PoolStateMachineTests.Bench
    var connecting: [ConnectionID] = []
    var idle: Set<ConnectionID> = []
    var leased: [ConnectionID: RequestID] = [:]
    var open: Set<RequestID> = []
    var now = 0
    var requests: UInt64 = 0

    init(_ generator: inout SplitMix) {
        bench = .init(size: .random(in: 1...4, using: &generator), minimum: 1, maxWaiting: 3)
    }

    func run(_ generator: inout SplitMix) {
        var walk = self
        walk.take(.start)
        for _ in 0..<100 { walk.step(&generator) }
        walk.now += 100_000
        walk.take(.timer)
        for connection in walk.leased.keys.sorted(by: { $0.number < $1.number }) {
            walk.open.remove(walk.leased.removeValue(forKey: connection) ?? RequestID(number: 0))
            walk.take(.released(connection, isSound: false))
        }
        walk.take(.timer)
        #expect(walk.open.isEmpty, "every request is answered")
    }

    private mutating func step(_ generator: inout SplitMix) {
        now += .random(in: 0...40, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...2:
            requests += 1
            open.insert(RequestID(number: requests))
            let deadline = bench.at(now + .random(in: 1...500, using: &generator))
            take(.requested(RequestID(number: requests), deadline: deadline))
        case 3:
            guard let index = connecting.indices.randomElement(using: &generator) else { return }
            let connection = connecting.remove(at: index)
            let works = Bool.random(using: &generator)
            if works { idle.insert(connection) }
            take(works ? .connected(connection) : .connectFailed(connection))
        case 4, 5:
            guard let connection = leased.keys.sorted(by: { $0.number < $1.number }).first else { return }
            open.remove(leased.removeValue(forKey: connection) ?? RequestID(number: 0))
            let isSound = Int.random(in: 0..<3, using: &generator) > 0
            if isSound { idle.insert(connection) }
            take(.released(connection, isSound: isSound))
        case 6:
            guard let connection = (idle.union(leased.keys)).min(by: { $0.number < $1.number }) else { return }
            idle.remove(connection)
            leased[connection] = nil
            take(.closed(connection))
        default:
            take(.timer)
        }
    }

    private mutating func take(_ event: PoolStateMachine.Event) {
        for action in bench.feed(event, at: now) {
            switch action {
            case .connect(let connection): connecting.append(connection)
            case .lease(let connection, let request):
                #expect(idle.remove(connection) != nil, "only an idle connection is leased")
                #expect(open.contains(request))
                leased[connection] = request
            case .refuse(let request, _): #expect(open.remove(request) != nil, "a request is answered once")
            case .abort(let connection), .close(let connection):
                connecting.removeAll { $0 == connection }
                idle.remove(connection)
            case .wake, .stopped: break
            }
        }
        #expect(connecting.count + idle.count + leased.count <= bench.machine.limits.size)
        #expect(bench.machine.waiters.count <= bench.machine.limits.maxWaiting + bench.machine.limits.size)
        #expect(bench.machine.standing == idle.count + leased.count)
    }
}
