import Testing

@testable import SystemdDriver

/// When proofs are asked for and when the manager hears of life; times in milliseconds.
@Suite struct WatchdogTests {
    private static let parts = ["loop", "tasks"]

    private static func advance(
        _ watchdog: inout Watchdog, _ milliseconds: Int64, late: String? = nil
    ) -> [Watchdog.Action] {
        watchdog.advance(at: milliseconds * 1_000_000, parts: parts, lateThread: late)
    }

    private static func watchdog(interval: Int64 = 5_000) -> Watchdog {
        Watchdog(interval: interval * 1_000_000, now: 0)
    }

    @Test("a round is complete when every part has answered, and the next begins an interval after it began")
    func rounds() {
        var watchdog = Self.watchdog()
        #expect(Self.advance(&watchdog, 4_999).isEmpty)
        #expect(watchdog.nextLook(at: 4_999_000_000) == 5_000_000_000)
        #expect(Self.advance(&watchdog, 5_000) == [.probe(round: 1)])
        let isComplete = watchdog.answered("loop", round: 1)
        #expect(!isComplete)
        #expect(Self.advance(&watchdog, 5_010).isEmpty)
        let isCompleteNow = watchdog.answered("tasks", round: 1)
        #expect(isCompleteNow)
        #expect(Self.advance(&watchdog, 5_100) == [.prove])
        #expect(Self.advance(&watchdog, 9_999).isEmpty)
        #expect(Self.advance(&watchdog, 10_000) == [.probe(round: 2)])
    }

    @Test("a part that hangs keeps everything from being told, however long, and is warned of once")
    func hanging() {
        var watchdog = Self.watchdog()
        _ = Self.advance(&watchdog, 5_000)
        _ = watchdog.answered("tasks", round: 1)
        for milliseconds in stride(from: Int64(5_250), to: 7_000, by: 250) {
            #expect(Self.advance(&watchdog, milliseconds).isEmpty)
        }
        #expect(Self.advance(&watchdog, 7_000) == [.warn(["loop"], .seconds(2))])
        #expect(Self.advance(&watchdog, 60_000).isEmpty)
        _ = watchdog.answered("loop", round: 1)
        #expect(Self.advance(&watchdog, 60_001) == [.prove, .recover])
        #expect(Self.advance(&watchdog, 60_002) == [.probe(round: 2)])
    }

    @Test("an answer to an earlier round is none to this one")
    func lateAnswers() {
        var watchdog = Self.watchdog()
        _ = Self.advance(&watchdog, 5_000)
        watchdog.removed("loop")
        _ = watchdog.answered("tasks", round: 1)
        #expect(Self.advance(&watchdog, 5_001) == [.prove])
        #expect(Self.advance(&watchdog, 10_000) == [.probe(round: 2)])
        _ = watchdog.answered("loop", round: 1)
        _ = watchdog.answered("tasks", round: 2)
        #expect(Self.advance(&watchdog, 10_001).isEmpty)
        _ = watchdog.answered("loop", round: 2)
        #expect(Self.advance(&watchdog, 10_002) == [.prove])
    }

    @Test("where rounds follow closely the warning comes half an interval before the manager's limit")
    func shortLimit() {
        var watchdog = Self.watchdog(interval: 1_500)
        _ = Self.advance(&watchdog, 1_500)
        for part in Self.parts { _ = watchdog.answered(part, round: 1) }
        #expect(Self.advance(&watchdog, 1_500) == [.prove])
        _ = Self.advance(&watchdog, 3_000)
        #expect(watchdog.nextLook(at: 3_700_000_000) == 3_750_000_000)
        #expect(Self.advance(&watchdog, 3_749).isEmpty)
        #expect(Self.advance(&watchdog, 3_750) == [.warn(Self.parts.sorted(), .milliseconds(750))])
    }

    @Test("a late thread counts like a part that does not answer, and is looked at again soon")
    func lateThreads() {
        var watchdog = Self.watchdog()
        _ = Self.advance(&watchdog, 5_000)
        for part in Self.parts { _ = watchdog.answered(part, round: 1) }
        #expect(Self.advance(&watchdog, 5_100, late: "pg-connection").isEmpty)
        #expect(watchdog.nextLook(at: 5_100_000_000) == 5_350_000_000)
        #expect(Self.advance(&watchdog, 7_000, late: "pg-connection") == [.warn(["pg-connection"], .seconds(2))])
        #expect(Self.advance(&watchdog, 7_250) == [.prove, .recover])
    }

    @Test("without a limit no round begins")
    func withoutLimit() {
        var watchdog = Self.watchdog()
        watchdog.setInterval(nil, now: 0)
        #expect(Self.advance(&watchdog, 1_000_000).isEmpty)
        #expect(watchdog.nextLook(at: 0) == nil)
        watchdog.setInterval(1_000_000_000, now: 2_000_000_000)
        #expect(Self.advance(&watchdog, 2_999).isEmpty)
        #expect(Self.advance(&watchdog, 3_000) == [.probe(round: 1)])
    }
}
