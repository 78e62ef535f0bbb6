import MemoryModel
import MonotonicClock
import Testing

@testable import PostgresRepository

/// Which calls go together and when, as a table on a clock that the test moves.
@Suite struct GroupQueueTests {
    /// A queue of calls that are just numbers, and its clock, in milliseconds since the test began.
    struct Bench {
        var queue: GroupQueue<Int>
        let origin = MonotonicInstant.now
        /// The alarm asked for last.
        var wakeAt: MonotonicInstant?
        var launched: [GroupQueue<Int>.Flight] = []

        init(
            flights: Int = 1, allFlights: Int = 3, members: Int = 4, bytes: Int = 100, crowd: Int = 1, gathered: Int = 0
        ) {
            queue = GroupQueue(
                limits: .init(
                    flights: flights, allFlights: allFlights, members: members, bytes: bytes,
                    crowd: crowd, gathered: gathered, overdue: .milliseconds(250), grace: .milliseconds(200)))
        }

        func at(_ milliseconds: Int) -> MonotonicInstant { origin + .milliseconds(milliseconds) }

        mutating func note(_ actions: GroupQueue<Int>.Actions) -> GroupQueue<Int>.Actions {
            if let flight = actions.launch { launched.append(flight) }
            if let instant = actions.wakeAt { wakeAt = instant }
            return actions
        }

        /// Returns whether a flight is launched.
        @discardableResult
        mutating func join(
            _ call: Int, scope: AgentScope = .all, writes: String? = nil, bytes: Int = 1, deadline: Int = 5_000,
            at now: Int = 0
        ) -> Bool {
            let member = GroupQueue<Int>.Member(
                ticket: UInt64(call), deadline: at(deadline), scope: scope,
                writes: writes.flatMap { MemoryID($0) }, bytes: bytes, call: call)
            return note(queue.join(member, at: at(now))).launch != nil
        }

        /// What the flight that was launched as the `number`th takes, counted from 1.
        mutating func take(_ number: Int, at now: Int = 0) -> [Int] {
            let (group, actions) = queue.take(launched[number - 1], at: at(now))
            _ = note(actions)
            return group.map(\.call)
        }

        /// Returns the calls that are to be told.
        @discardableResult
        mutating func land(_ number: Int, at now: Int = 0) -> [Int] {
            let (group, gone, actions) = queue.landed(launched[number - 1], at: at(now))
            _ = note(actions)
            return group.filter { !gone.contains($0.ticket) }.map(\.call)
        }

        mutating func timer(at now: Int) -> (expired: [Int], lost: [Int]) {
            let actions = note(queue.timer(at: at(now)))
            return (actions.expired.map(\.call), actions.lost.map(\.call))
        }
    }

    @Test func aLoneCallGoesAtOnceAndTheNextFlightTakesAllThatWait() {
        var bench = Bench()
        #expect(bench.join(1) == true)
        #expect(bench.take(1) == [1])
        for call in 2...4 { #expect(bench.join(call) == false) }
        #expect(bench.launched.count == 1)
        #expect(bench.land(1) == [1])
        #expect(bench.launched.count == 2)
        #expect(bench.take(2) == [2, 3, 4])
        #expect(bench.land(2) == [2, 3, 4])
        #expect(bench.launched.count == 2)
    }

    @Test func whoComesBeforeTheConnectionIsTakenAlong() {
        var bench = Bench(flights: 2, crowd: 2)
        #expect(bench.join(1) == true)
        #expect(bench.join(2) == false, "the flight that waits for its connection takes it")
        #expect(bench.take(1) == [1, 2])
        #expect(bench.join(3) == false)
        #expect(bench.join(4) == true)
        #expect(bench.take(2) == [3, 4])
        for call in [5, 6] { #expect(bench.join(call) == false) }
        bench.land(2)
        #expect(bench.take(3) == [5, 6])
    }

    @Test func oneMoreFlightIsForACrowd() {
        var bench = Bench(flights: 2, crowd: 3)
        #expect(bench.join(1) == true)
        #expect(bench.take(1) == [1])
        #expect(bench.join(2) == false)
        #expect(bench.join(3) == false)
        #expect(bench.join(4) == true)
        #expect(bench.take(2) == [2, 3, 4])
        for call in 5...8 { #expect(bench.join(call) == false) }
        bench.land(1)
        #expect(bench.take(3) == [5, 6, 7, 8])
        #expect(bench.join(9) == false)
        bench.land(2)
        #expect(bench.launched.count == 3)
        bench.land(3)
        #expect(bench.take(4) == [9])
    }

    @Test func flightsShareOutWhatWaits() {
        var bench = Bench(flights: 2, members: 10, crowd: 3)
        for call in 1...8 { bench.join(call) }
        #expect(bench.take(1) == [1, 2, 3, 4], "half of them")
        #expect(bench.launched.count == 2)
        #expect(bench.take(2) == [5, 6, 7, 8])
        for call in 11...14 { bench.join(call) }
        bench.land(1)
        #expect(bench.take(3) == [11, 12, 13, 14], "as many as are under way")
        for call in 15...20 { bench.join(call) }
        bench.land(2)
        #expect(bench.take(4) == [15, 16, 17, 18, 19], "half of ten")
        bench.land(3)
        bench.land(4)
        #expect(bench.take(5) == [20])
    }

    @Test func aCrowdIsNotDivided() {
        var bench = Bench(flights: 2, members: 10, crowd: 4)
        for call in 1...5 { bench.join(call) }
        #expect(bench.take(1) == [1, 2, 3, 4])
        #expect(bench.launched.count == 1, "one is not worth another flight")
    }

    @Test func aStuckFlightHasNoShare() {
        var bench = Bench(flights: 2, members: 10, crowd: 1)
        for call in 1...6 { bench.join(call) }
        #expect(bench.take(1) == [1, 2, 3])
        #expect(bench.take(2, at: 300) == [4, 5], "half of those that still count, and not of all six")
    }

    @Test func whatAFlightLeavesIsLookedAtAgain() {
        // Nobody else comes, and the flight that took the others is stuck.
        var bench = Bench(members: 2)
        for call in 1...3 { bench.join(call) }
        #expect(bench.take(1) == [1, 2])
        #expect(bench.wakeAt == bench.at(250))
        _ = bench.timer(at: 250)
        #expect(bench.launched.count == 2)
        #expect(bench.take(2, at: 250) == [3])
    }

    @Test func aGroupWaitsForAsManyAsThereWere() {
        var bench = Bench(members: 10, gathered: 3)
        bench.join(1)
        // Nobody is known to be about to come.
        #expect(!bench.queue.isGathering && bench.take(1) == [1])
        bench.join(2)
        bench.land(1)
        // There were two: one that was answered, one that waits.
        #expect(bench.queue.isGathering)
        bench.join(3)
        #expect(!bench.queue.isGathering && bench.take(2) == [2, 3])
        for call in 4...9 { bench.join(call) }
        bench.land(2)
        #expect(!bench.queue.isGathering && bench.take(3).count == 6)
        bench.land(3)
        // No more than are worth waiting for.
        for call in 10...11 { bench.join(call) }
        #expect(bench.queue.isGathering)
        bench.join(12)
        #expect(!bench.queue.isGathering)
    }

    @Test func groupsAreBoundedByCountAndBytes() {
        var bench = Bench()
        bench.join(0)
        _ = bench.take(1)
        for call in 1...6 { bench.join(call) }
        bench.join(7, bytes: 98)
        bench.join(8, bytes: 3)
        bench.join(9, bytes: 1_000)
        bench.land(1)
        #expect(bench.take(2) == [1, 2, 3, 4])
        bench.land(2)
        #expect(bench.take(3) == [5, 6, 7])
        bench.land(3)
        #expect(bench.take(4) == [8])
        bench.land(4)
        #expect(bench.take(5) == [9], "one alone may be larger")
    }

    @Test func scopesDoNotMix() throws {
        let mine = try AgentScope.only(["mine"])
        var bench = Bench(flights: 2)
        bench.join(1)
        bench.join(2, scope: mine)
        bench.join(3)
        bench.join(4, scope: mine)
        #expect(bench.take(1) == [1, 3])
        #expect(bench.launched.count == 2, "the others need not wait")
        #expect(bench.take(2) == [2, 4])
    }

    @Test func writesOfOneMemoryGoOneAfterTheOther() {
        var bench = Bench(flights: 2)
        bench.join(1, writes: "m")
        bench.join(2, writes: "m")
        bench.join(3, writes: "n")
        #expect(bench.take(1) == [1, 3])
        #expect(bench.launched.count == 1, "nobody else can go")
        #expect(bench.join(4) == true)
        #expect(bench.take(2) == [4])
        #expect(bench.land(1) == [1, 3])
        #expect(bench.take(3) == [2])
    }

    @Test func whoWaitsEndsAtItsDeadlineAndWhoWasSentALittleLater() {
        var bench = Bench()
        bench.join(1, deadline: 1_000)
        #expect(bench.wakeAt == bench.at(1_000))
        _ = bench.take(1)
        bench.join(2, deadline: 100)
        #expect(bench.wakeAt == bench.at(100))
        #expect(bench.timer(at: 99) == ([], []), "it rings for nothing")
        #expect(bench.timer(at: 100) == ([2], []))
        #expect(bench.wakeAt == bench.at(1_200))
        #expect(bench.timer(at: 1_200) == ([], [1]))
        #expect(bench.land(1, at: 1_300) == [], "it was told already")
        #expect(
            bench.queue.join(
                .init(
                    ticket: 3, deadline: bench.at(1_300), scope: .all, writes: nil, bytes: 0, call: 3),
                at: bench.at(1_300)
            ).expired.map(\.call) == [3])
    }

    @Test func aFlightDoesNotTakeWhoIsTooLate() {
        var bench = Bench()
        bench.join(1, deadline: 100)
        bench.join(2)
        #expect(bench.take(1, at: 150) == [2])
        #expect(bench.timer(at: 150) == ([1], []))
    }

    @Test func aStuckFlightStopsCounting() {
        var bench = Bench(allFlights: 2)
        bench.join(1)
        _ = bench.take(1)
        #expect(bench.join(2, at: 10) == false)
        #expect(bench.wakeAt == bench.at(250))
        #expect(bench.timer(at: 250) == ([], []))
        #expect(bench.launched.count == 2)
        #expect(bench.take(2, at: 260) == [2])
        #expect(bench.join(3, at: 600) == false, "there are bounds")
        #expect(bench.land(2, at: 700) == [2])
        #expect(bench.take(3, at: 700) == [3])
    }

    @Test func cancellationIsForThoseThatWait() {
        var bench = Bench()
        bench.join(1)
        _ = bench.take(1)
        bench.join(2)
        #expect(bench.queue.cancel(1) == nil)
        #expect(bench.queue.cancel(2)?.call == 2)
        bench.land(1)
        #expect(bench.launched.count == 1)
    }

    @Test func withoutAConnectionAllThatWaitEnd() {
        var bench = Bench()
        bench.join(1, deadline: 50)
        bench.join(2)
        let (group, _, actions) = bench.queue.landed(bench.launched[0], at: bench.at(60))
        #expect(group.isEmpty)
        #expect(actions.expired.map(\.call) == [1])
        #expect(actions.launch != nil, "another may be had")
        #expect(bench.queue.endAll().map(\.call) == [2])
        #expect(bench.queue.waitingCount == 0)
    }
}
