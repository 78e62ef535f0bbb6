import MemoryModel
import TestSupport
import Testing
import WireProtocol

@testable import MemoryService

/// Reads by agent: none is counted twice, none is lost, and their number is bounded.
@Suite struct CacheReadCounterTests {
    private static func agent(_ number: Int) throws -> AgentID { try #require(AgentID("agent-\(number)")) }

    @Test func whatIsTakenIsGoneUnlessGivenBack() throws {
        let counter = CacheReadCounter()
        let agent = try Self.agent(1)
        counter.countHit(of: agent)
        counter.countMiss(of: agent)
        counter.countMiss(of: nil)
        let expected = CacheReads(
            total: CacheCounters(hits: 1, misses: 2), byAgent: [agent: CacheCounters(hits: 1, misses: 1)])
        let reads = counter.take()
        #expect(reads == expected && counter.take().isEmpty)
        counter.countHit(of: agent)
        counter.giveBack(reads)
        #expect(counter.take().byAgent == [agent: CacheCounters(hits: 2, misses: 1)])
    }

    @Test func furtherAgentsAreInTheTotalsOnly() throws {
        let counter = CacheReadCounter()
        for number in 0..<10_000 { counter.countHit(of: try Self.agent(number)) }
        let reads = counter.take()
        #expect(reads.total.hits == 10_000)
        #expect((3_000...CacheReadCounter.maximumAgents).contains(reads.byAgent.count))
        // Agents without statistics leave room for others.
        counter.giveBackUnplaced(reads.byAgent)
        for number in 20_000..<30_000 { counter.countHit(of: try Self.agent(number)) }
        let later = counter.take()
        #expect(later.total.hits == 10_000)
        #expect(later.byAgent.keys.filter { reads.byAgent[$0] == nil }.count >= CacheReadCounter.maximumAgents / 3)
    }

    @Test func threadsLoseNoCount() async throws {
        let counter = CacheReadCounter()
        let agents = try (0..<10).map(Self.agent)
        let sums = await withTaskGroup(of: CacheReads.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<5_000 { counter.countHit(of: agents[round % 10]) }
                    return CacheReads()
                }
            }
            group.addTask {
                var taken = CacheReads()
                for _ in 0..<200 {
                    let reads = counter.take()
                    taken.total += reads.total
                    taken.byAgent.merge(reads.byAgent) { $0 + $1 }
                    await Task.yield()
                }
                return taken
            }
            return await group.reduce(into: CacheReads()) { sum, part in
                sum.total += part.total
                sum.byAgent.merge(part.byAgent) { $0 + $1 }
            }
        }
        let rest = counter.take()
        #expect(sums.total.hits + rest.total.hits == 20_000)
        let byAgent = sums.byAgent.merging(rest.byAgent) { $0 + $1 }
        #expect(byAgent == Dictionary(uniqueKeysWithValues: agents.map { ($0, CacheCounters(hits: 2_000)) }))
    }

    /// Whose reads they are: the agent of the memory, or the one that a query names.
    @Test func readsAreCountedByWhoseMemoriesTheyAreAbout() async throws {
        let counter = CacheReadCounter()
        let service = ServiceFixture(cache: DictionaryCache(), reads: counter)
        _ = try await service.result(.store, ServiceFixture.record("m1", of: "alice"))
        for (method, params) in [
            (ProtocolMethod.get, #"{"id":"m1"}"#), (.get, #"{"id":"none"}"#), (.query, #"{"agentId":"bob"}"#),
            (.query, #"{"agentId":"bob"}"#), (.count, "{}"),
        ] {
            _ = try await service.result(method, params)
        }
        let reads = counter.take()
        #expect(reads.total == CacheCounters(hits: 2, misses: 3))
        #expect(
            reads.byAgent == [
                try #require(AgentID("alice")): CacheCounters(hits: 1),
                try #require(AgentID("bob")): CacheCounters(hits: 1, misses: 1),
            ])
    }

    @Test func aMissOfAFailedReadCountsToo() async throws {
        let counter = CacheReadCounter()
        let service = ServiceFixture(cache: DictionaryCache(), reads: counter) { _ throws(StoreError) in
            throw StoreError(.storeUnavailable, "gone")
        }
        #expect(try await service.kind(.get, #"{"id":"m1"}"#) == .storeUnavailable)
        #expect(counter.take() == CacheReads(total: CacheCounters(misses: 1)))
    }
}
