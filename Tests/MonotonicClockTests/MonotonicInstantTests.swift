import MonotonicClock
import Testing

struct MonotonicInstantTests {
    @Test("it is the clock of the standard library's continuous instants, and never goes back")
    func agreesWithContinuousClock() {
        let outerBegin = ContinuousClock.now
        let begin = MonotonicInstant.now
        let innerBegin = ContinuousClock.now
        var last = begin
        for _ in 0..<1_000 {
            let next = MonotonicInstant.now
            #expect(next >= last)
            last = next
        }
        let inner = innerBegin.duration(to: .now)
        let ours = begin.duration(to: .now)
        let outer = outerBegin.duration(to: .now)
        #expect(inner <= ours && ours <= outer)
    }

    @Test(
        "adding and subtracting time",
        arguments: [Duration.zero, .nanoseconds(1), .seconds(-3), .seconds(86_400 * 365)])
    func arithmetic(span: Duration) {
        let instant = MonotonicInstant.now
        var moved = instant
        moved += span
        #expect(moved == instant + span && moved == instant.advanced(by: span))
        #expect(moved - span == instant)
        #expect(moved - instant == span && instant.duration(to: moved) == span)
        #expect((instant < moved) == (span > .zero))
    }

    @Test("sleeping until an instant lasts until then, not at all for one that is over, and ends when cancelled")
    func sleeps() async throws {
        let due = MonotonicInstant.now + .milliseconds(20)
        try await Task.sleep(until: due)
        #expect(.now >= due)
        try await Task.sleep(until: .now - .seconds(3_600))
        let sleeper = Task { try await Task.sleep(until: .now + .seconds(3_600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
