import LogEvents
import Logging
import Testing

@testable import DaemonLogging

@Suite struct LogRateLimiterTests {
    /// Asks for entries of one kind and counts those let through.
    final class World {
        var limiter = LogRateLimiter()
        var now = Duration.zero

        func admits(
            _ event: LogEvents.LogEvent = .requestFailed, part: String? = nil, level: Logger.Level = .warning,
            kind: String? = nil, limit: LogLimit = LogLimit(burst: 2, interval: .seconds(30))
        ) -> Bool {
            limiter.admit(
                .init(key: .init(event: event, part: part), limit: limit, level: level, errorKind: kind), at: now)
        }

        func sums(after wait: Duration) -> [LogRateLimiter.Sum] {
            now += wait
            return limiter.takeDue(at: now)
        }
    }

    @Test("a burst is let through, the rest is counted, and sums come at growing distances")
    func flood() {
        let world = World()
        #expect([world.admits(), world.admits(), world.admits(kind: "busy")] == [true, true, false])
        #expect(world.limiter.nextDue == .seconds(30))
        for _ in 0..<9 { #expect(!world.admits(kind: "busy")) }
        #expect(!world.admits(kind: "internal"))
        #expect(world.sums(after: .seconds(29)).isEmpty)
        #expect(
            world.sums(after: .seconds(1)) == [
                .init(
                    event: .requestFailed, part: nil, level: .warning, count: 11, period: .seconds(30),
                    errorKinds: ["busy": 10, "internal": 1])
            ])
        #expect(!world.admits())
        #expect(world.limiter.nextDue == .seconds(90))
        #expect(world.sums(after: .seconds(60)).map(\.count) == [1])
        var intervals: [Duration] = []
        for _ in 0..<6 {
            _ = world.admits()
            let wait = (world.limiter.nextDue ?? .zero) - world.now
            intervals.append(wait)
            #expect(world.sums(after: wait).map(\.count) == [1])
        }
        #expect(intervals == [120, 240, 480, 600, 600, 600].map { .seconds($0) })
    }

    @Test("an interval without entries ends a flood: the next ones are written, and no timer is left")
    func end() {
        let world = World()
        for _ in 0..<3 { _ = world.admits() }
        #expect(world.sums(after: .seconds(30)).count == 1)
        #expect(world.sums(after: .seconds(60)).isEmpty)
        #expect(world.limiter.nextDue == nil)
        #expect([world.admits(), world.admits(), world.admits()] == [true, true, false])
    }

    @Test("without a flood, one more is let through for each interval")
    func refill() {
        let world = World()
        #expect(world.admits() && world.admits())
        world.now += .seconds(31)
        #expect([world.admits(), world.admits()] == [true, false])
        let rare = World()
        for _ in 0..<50 {
            #expect(rare.admits())
            rare.now += .seconds(30)
        }
    }

    @Test("what is more important than all before is written all the same, once a level")
    func importance() {
        let world = World()
        for _ in 0..<3 { _ = world.admits(level: .notice) }
        #expect([world.admits(level: .error), world.admits(level: .error)] == [true, false])
        #expect(!world.admits(level: .warning) && world.admits(level: .critical))
        #expect(world.sums(after: .seconds(30)).map(\.level) == [.error])
    }

    @Test("as soon as one flood is due, all are told of")
    func together() {
        let world = World()
        for _ in 0..<3 { _ = world.admits() }
        world.now += .seconds(20)
        for _ in 0..<3 { _ = world.admits(.slowRequest) }
        let sums = world.sums(after: .seconds(10))
        #expect(
            sums.map(\.event) == [.requestFailed, .slowRequest] && sums.map(\.period) == [.seconds(30), .seconds(10)])
        #expect(world.limiter.nextDue == .seconds(90))
    }

    @Test("events and parts are counted apart; what is not told yet can be had at the end")
    func keys() {
        let world = World()
        for part in ["a", "b"] { #expect([0, 1, 2].map { _ in world.admits(part: part) } == [true, true, false]) }
        #expect(world.admits(.slowRequest))
        #expect(world.limiter.takeAll(at: .seconds(3)).map(\.part) == ["a", "b"])
        #expect(world.limiter.takeAll(at: .seconds(3)).isEmpty)
    }

    @Test("many parts and kinds of errors take bounded memory, and none is lost from the count")
    func bounds() {
        let world = World()
        let limit = LogLimit(burst: 1, interval: .seconds(30))
        var count = 0
        for number in 0..<3_000 where !world.admits(part: "\(number)", limit: limit) { count += 1 }
        #expect(count == 3_000 - LogRateLimiter.maximumKeys - 1)
        #expect(world.sums(after: .seconds(30)).map(\.count).reduce(0, +) == count)
        let other = World()
        for number in 0..<50 { _ = other.admits(kind: "kind\(number)") }
        let kinds = other.sums(after: .seconds(30)).first?.errorKinds ?? [:]
        #expect(kinds.count == LogRateLimiter.maximumErrorKinds + 1 && kinds.values.reduce(0, +) == 48)
    }
}
