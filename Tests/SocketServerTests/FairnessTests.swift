import MonotonicClock
import Testing

@testable import SocketServer

@Suite("Whose turn it is")
struct FairnessTests {
    private static let start = MonotonicInstant.now

    private static func at(_ milliseconds: Int) -> MonotonicInstant { start + .milliseconds(milliseconds) }

    /// The machine by reference, so that what it answers can be looked at where it is asked.
    private final class Line {
        var turns: FairTurns<String>

        init() {
            var limits = FairTurns<String>.Limits()
            (limits.shared, limits.heavy) = (3, 1)
            limits.alone = [.status: 2, .single: 4, .small: 4, .bulk: 2]
            turns = FairTurns(limits: limits)
        }

        func begin(_ lane: WorkLane, at milliseconds: Int, isShared: Bool) -> Bool {
            turns.begin(in: lane, at: FairnessTests.at(milliseconds), isShared: isShared)
        }

        func end(_ lane: WorkLane, from begin: Int, at milliseconds: Int) {
            turns.end(WorkTurn(lane: lane, begin: FairnessTests.at(begin)), at: FairnessTests.at(milliseconds))
        }

        func wait(_ work: String, _ lane: WorkLane) -> WorkTicket { turns.wait(work, in: lane) }

        func cancel(_ ticket: WorkTicket, _ lane: WorkLane) -> Bool { turns.cancel(ticket, in: lane) }

        func next(at milliseconds: Int, isShared: Bool) -> (turn: WorkTurn, work: String)? {
            turns.next(at: FairnessTests.at(milliseconds), isShared: isShared)
        }
    }

    @Test("a user counts as active for a while; only others make it share")
    func activity() {
        var activity = Activity(memory: .seconds(1))
        #expect(!activity.isShared(by: 1, at: Self.at(0)))
        activity.note(1, at: Self.at(0))
        activity.note(1, at: Self.at(10))
        #expect(!activity.isShared(by: 1, at: Self.at(20)) && activity.isShared(by: 2, at: Self.at(20)))
        activity.note(2, at: Self.at(500))
        #expect(activity.isShared(by: 1, at: Self.at(1_400)) && activity.isShared(by: 2, at: Self.at(900)))
        #expect(!activity.isShared(by: 1, at: Self.at(1_500)) && !activity.isShared(by: 2, at: Self.at(1_010)))
        // Of three, the latest of the others counts.
        activity.note(3, at: Self.at(600))
        activity.note(2, at: Self.at(1_700))
        #expect(activity.isShared(by: 2, at: Self.at(1_599)) && !activity.isShared(by: 2, at: Self.at(1_600)))
    }

    @Test("who is alone has as much as its lanes allow, and what waits goes on in order")
    func alone() {
        let turns = Line()
        for _ in 0..<4 { #expect(turns.begin(.small, at: 0, isShared: false)) }
        #expect(!turns.begin(.small, at: 0, isShared: false))
        // Another lane is not full.
        #expect(turns.begin(.single, at: 0, isShared: false))
        _ = turns.wait("a", .small)
        let second = turns.wait("b", .small)
        _ = turns.wait("c", .small)
        #expect(turns.next(at: 1, isShared: false) == nil)
        #expect(turns.cancel(second, .small) && !turns.cancel(second, .small))
        for expected in ["a", "c"] {
            turns.end(.small, from: 0, at: 2)
            #expect(turns.next(at: 2, isShared: false)?.work == expected)
            #expect(turns.next(at: 2, isShared: false) == nil)
        }
        #expect(turns.turns.queued == 0 && turns.turns.running == 5)
    }

    @Test("who shares and has used no more than its share has a few at a time")
    func sharing() {
        let turns = Line()
        var begun = 0
        while begun < 10, turns.begin(.small, at: 0, isShared: true) { begun += 1 }
        #expect(begun == 3)
        #expect(turns.begin(.single, at: 0, isShared: true))
    }

    @Test("who has used more than its share has one at a time, until it has rested")
    func heavy() {
        let turns = Line()
        #expect(turns.begin(.bulk, at: 0, isShared: true))
        // 50 ms were saved up, and half of each is its share.
        #expect(turns.begin(.bulk, at: 99, isShared: true))
        turns.end(.bulk, from: 99, at: 100)
        #expect(!turns.begin(.bulk, at: 200, isShared: true))
        #expect(!turns.begin(.single, at: 200, isShared: true))
        turns.end(.bulk, from: 0, at: 200)
        // It owed some 50 ms, which take twice as long to be made up for.
        #expect(turns.begin(.single, at: 290, isShared: true))
        #expect(!turns.begin(.bulk, at: 290, isShared: true))
        turns.end(.single, from: 290, at: 290)
        #expect(turns.begin(.single, at: 310, isShared: true))
        #expect(turns.begin(.bulk, at: 310, isShared: true))
    }

    @Test("work that takes long does not hold up the rest for ever, nor fills all places")
    func patience() {
        let turns = Line()
        for second in 0..<3 { #expect(turns.begin(.small, at: 1_000 * second, isShared: true)) }
        #expect(!turns.begin(.small, at: 3_000, isShared: true))
        // Another lane has places of its own.
        #expect(turns.begin(.single, at: 3_000, isShared: true))
        #expect(!turns.begin(.bulk, at: 3_400, isShared: true))
        let alone = Line()
        for _ in 0..<2 { #expect(alone.begin(.bulk, at: 0, isShared: false)) }
        #expect(!alone.begin(.bulk, at: 249, isShared: false))
        #expect(alone.begin(.bulk, at: 250, isShared: false))
    }

    @Test("lanes take turns")
    func lanes() {
        let turns = Line()
        #expect(turns.begin(.bulk, at: 0, isShared: true))
        turns.end(.bulk, from: 0, at: 900)
        for number in 0..<3 {
            _ = turns.wait("bulk \(number)", .bulk)
            _ = turns.wait("single \(number)", .single)
        }
        var order: [String] = []
        while let next = turns.next(at: 900, isShared: true) {
            order.append(next.work)
            turns.end(next.turn.lane, from: 900, at: 900)
        }
        #expect(order == ["single 0", "bulk 0", "single 1", "bulk 1", "single 2", "bulk 2"])
    }

    @Test("slices of the loops' time are given in turn, at the rate of the share, and what is unused is given back")
    func slices() {
        var share = LoopShare(loops: 1)
        // Time that was saved up is had at once.
        var free = 0
        var slice = share.reserve(at: Self.at(0), isShared: true)
        while slice.begins == Self.at(0), free < 1_000 {
            free += 1
            share.settle(slice, used: LoopShare.slice)
            slice = share.reserve(at: Self.at(0), isShared: true)
        }
        #expect(free >= 1 && free <= 8, "\(free)")
        let next = share.reserve(at: Self.at(0), isShared: true)
        let distance = next.begins - slice.begins
        let expected = LoopShare.slice / LoopShare.shared
        #expect(distance > expected * 0.99 && distance < expected * 1.01)
        share.settle(next, used: .zero)
        share.settle(slice, used: .zero)
        #expect(share.reserve(at: Self.at(0), isShared: true).begins <= slice.begins)
        // Who is alone is hardly slowed: in each second it may use nearly all of it.
        var alone = LoopShare(loops: 1)
        var used = Duration.zero
        while true {
            let slice = alone.reserve(at: Self.at(0), isShared: false)
            guard slice.begins < Self.at(1_000) else { break }
            alone.settle(slice, used: LoopShare.slice)
            used += LoopShare.slice
        }
        #expect(used > .milliseconds(940) && used < .milliseconds(960))
    }
}
