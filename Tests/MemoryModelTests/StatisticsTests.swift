import MemoryModel
import Testing

@Suite("Statistics", .serialized)
struct StatisticsTests {
    @Test("totals and rates")
    func totals() throws {
        let agents = ["a", "b"].compactMap { AgentID($0) }
        let statistics = MemoryStatistics(
            memoriesByAgent: [agents[0]: 2, agents[1]: 40], tagCount: 3, refreshedAt: .latest)
        #expect(statistics.totalMemories == 42)
        #expect(CacheCounters().hitRate == 0)
        #expect(CacheCounters(hits: 3, misses: 1).hitRate == 0.75)
        #expect(CacheCounters(hits: 0, misses: 5).hitRate == 0)
    }

    @Test("errors say what they are and nothing that is for the log only")
    func errors() {
        let error = StoreError(.busy, "too much", detail: "secret")
        #expect(error.description == "busy: too much")
        #expect(StoreError.invalid("a.b", "bad").field == "a.b")
        #expect(Set(ErrorKind.allCases.map(\.code)).count == ErrorKind.allCases.count)
    }
}
