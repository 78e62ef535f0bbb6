import MemoryModel
import Synchronization
import TestSupport
import Testing
import WireProtocol

@testable import MemoryService

/// The daemon's state in one line, and when it is told.
@Suite struct StatusTests {
    private static func statistics(_ counts: [String: Int64]) -> MemoryStatistics {
        MemoryStatistics(
            memoriesByAgent: Dictionary(
                uniqueKeysWithValues: counts.compactMap { name, count in
                    AgentID(name).map { ($0, count) }
                }), tagCount: 0, refreshedAt: .earliest)
    }

    @Test("lines for people")
    func lines() {
        let quiet = ServiceFigures(statistics: Self.statistics(["a": 12_000, "b": 345]))
        #expect(quiet.line(since: nil, requests: 0, in: .seconds(5)) == "Serving 12,345 memories of 2 agents")
        let one = ServiceFigures(statistics: Self.statistics(["a": 1]))
        #expect(one.line(since: nil, requests: 0, in: .seconds(5)) == "Serving 1 memory of 1 agent")
        var busy = quiet
        busy.reads = CacheCounters(hits: 1_083, misses: 1_017)
        let before = ServiceFigures(reads: CacheCounters(hits: 1_000, misses: 1_000))
        #expect(
            busy.line(since: before, requests: 6_000, in: .seconds(5))
                == "Serving 12,345 memories of 2 agents; 1,200 requests/s, 83 % from the cache")
        #expect(busy.line(since: busy, requests: 12, in: .seconds(5)).hasSuffix("; 2.4 requests/s"))
        #expect(busy.line(since: busy, requests: 1, in: .seconds(60)).hasSuffix("; under 0.1 requests/s"))
        let ill = ServiceFigures(problems: ["no Redis (connection refused)", "backup-dump: no room"])
        #expect(
            ill.line(since: nil, requests: 0, in: .seconds(5), notice: "a restart applies redis.url")
                == "Serving; degraded: no Redis (connection refused), backup-dump: no room; a restart applies redis.url"
        )
    }

    private static let request = Observation.requestFinished(
        .init(
            requestID: RequestID(), method: .ping, agent: nil, peer: Peer(uid: 1, gid: 1, pid: 1), duration: .zero,
            error: nil))

    @Test("it is told at the beginning, after something happened, and then not any more")
    func reporting() async throws {
        let told = Mutex<[String]>([])
        let asked = Atomic(0)
        let reporter = StatusReporter(interval: .milliseconds(20))
        reporter.observe(Self.request)
        reporter.begin(
            reading: { known in
                asked.add(1, ordering: .relaxed)
                return ServiceFigures(statistics: known ?? Self.statistics(["a": 7]))
            }, telling: { line in told.withLock { $0.append(line) } })
        #expect(try await eventually { told.withLock { $0.contains("Serving 7 memories of 1 agent") } })
        reporter.observe(Self.request)
        #expect(try await eventually { told.withLock { $0.contains { $0.contains("requests/s") } } })
        // Once more, since the requests have ended; after that there is no reason to look.
        #expect(try await eventually { told.withLock { $0.last == "Serving 7 memories of 1 agent" } })
        #expect(
            try await eventually {
                let before = asked.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(60))
                return asked.load(ordering: .relaxed) == before
            })
        reporter.note("reload refused")
        #expect(try await eventually { told.withLock { $0.last?.hasSuffix("; reload refused") == true } })
        reporter.end()
    }
}
