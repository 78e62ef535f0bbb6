import MemoryService
import MonotonicClock
import Testing

@testable import SocketServer

@Suite("A line that stands")
struct StandingLineTests {
    private static let start = MonotonicInstant.now
    private static let amy: UInt32 = 1

    private static func at(_ milliseconds: Int) -> MonotonicInstant { start + .milliseconds(milliseconds) }

    /// The line by reference, so that what it answers can be looked at where it is asked.
    private final class Line {
        var line: StandingLine

        init(_ limits: StandingLine.Limits) { line = StandingLine(limits: limits) }

        func changed(to waiting: Int, at milliseconds: Int) {
            line.changed(to: waiting, at: StandingLineTests.at(milliseconds))
        }

        func isStanding(at milliseconds: Int) -> Bool { line.isStanding(at: StandingLineTests.at(milliseconds)) }

        func isFull(_ waiting: Int, at milliseconds: Int) -> Bool {
            line.isFull(waiting, at: StandingLineTests.at(milliseconds))
        }
    }

    private static func limits(wait: Int = 100) -> StandingLine.Limits {
        var limits = StandingLine.Limits()
        limits.maximumWait = .milliseconds(wait)
        (limits.long, limits.short, limits.always) = (10, 4, 20)
        return limits
    }

    @Test("a line that is long for less than its time, or is short in between, does not stand")
    func passing() {
        let line = Line(Self.limits())
        line.changed(to: 9, at: 0)
        #expect(!line.isStanding(at: 5_000))
        line.changed(to: 10, at: 100)
        line.changed(to: 4, at: 500)
        #expect(!line.isStanding(at: 1_099) && line.isStanding(at: 1_100))
        line.changed(to: 3, at: 1_100)
        line.changed(to: 10, at: 1_101)
        #expect(!line.isStanding(at: 2_000) && line.isStanding(at: 2_101))
    }

    @Test("it may hold what begins within the longest wait, and some in any case")
    func length() {
        let line = Line(Self.limits())
        line.changed(to: 1_000, at: 0)
        #expect(!line.isFull(1_000, at: 999))
        // 30 begin every 100 ms.
        for number in 0..<90 { line.line.began(at: Self.at(1_000 + number * 10 / 3)) }
        #expect(!line.isFull(29, at: 1_300) && line.isFull(30, at: 1_300))
        // Nothing begins any more: some may wait even so.
        #expect(!line.isFull(19, at: 3_000) && line.isFull(20, at: 3_000))
    }

    @Test("one at which somebody was refused a moment ago still stands when it is short")
    func flood() {
        let line = Line(Self.limits())
        line.changed(to: 20, at: 0)
        #expect(line.isFull(20, at: 1_000))
        line.changed(to: 0, at: 1_500)
        #expect(line.isStanding(at: 1_500))
        line.changed(to: 0, at: 2_000)
        #expect(!line.isStanding(at: 5_000))
    }

    @Test("without a longest wait none stands")
    func off() {
        let line = Line(Self.limits(wait: 0))
        line.changed(to: 1_000, at: 0)
        #expect(!line.isStanding(at: 10_000) && !line.isFull(1_000, at: 10_000))
    }

    @Test("requests that would wait for too long are refused, but never those of a lone connection")
    func refusal() {
        var bounds = AdmissionBounds(maximumInFlight: 1_000, maximumBytes: 1_000)
        bounds.turns.alone = [.small: 1]
        bounds.line = StandingLine.Limits(maximumWait: .milliseconds(75), patience: .zero)
        let admission = Admission(bounds)
        #expect(admission.admitConnection(of: Self.amy) == nil)
        let first = admission.beginTurn(of: Self.amy, in: .small)
        for _ in 0..<bounds.line.always { _ = admission.beginTurn(of: Self.amy, in: .small, orLater: { _ in }) }
        #expect(admission.turnsAway(Self.amy, at: .now) == nil && admission.isBackedUp(Self.amy))
        #expect(admission.admitConnection(of: Self.amy) == nil)
        #expect(admission.turnsAway(Self.amy, at: .now) == .user(.queueWait, limit: 75, isNew: true))
        #expect(admission.turnsAway(Self.amy, at: .now) == .user(.queueWait, limit: 75, isNew: false))
        // Its connections are read on, and what comes is refused.
        #expect(!admission.isBackedUp(Self.amy))
        if let first { admission.endTurn(first, of: Self.amy) }
        #expect(admission.turnsAway(Self.amy, at: .now) == nil, "there is room for one")
    }
}
