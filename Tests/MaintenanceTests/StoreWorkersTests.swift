import Maintenance
import MemoryModel
import MemoryService
import Scheduling
import TestSupport
import Testing

@Suite struct StoreWorkersTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000) ?? .earliest

    private static func repository(_ error: StoreError? = nil) -> InMemoryRepository {
        InMemoryRepository(now: { now }) { _ throws(StoreError) in if let error { throw error } }
    }

    private static func reads() throws -> CacheReads {
        let agent = try #require(AgentID("a"))
        return CacheReads(
            total: CacheCounters(hits: 3, misses: 1), byAgent: [agent: CacheCounters(hits: 2, misses: 1)])
    }

    /// Runs the worker that writes down the cache's counts; whether it succeeded, and what is left to be told.
    private static func run(_ error: StoreError?) async throws -> (Bool, CacheReads) {
        let counter = CacheReadCounter()
        counter.giveBack(try reads())
        let workers = StoreWorkers(repository: repository(error), reads: counter)
        let worker = try #require(workers.cacheCounters(.off))
        #expect(worker.reach == .daemon)
        let isSuccess = (try? await worker.work(Worker.Run(reason: .request))) != nil
        return (isSuccess, counter.take())
    }

    @Test("counts that were not written are kept, and those that may have been are not told twice")
    func counters() async throws {
        let (isKept, left) = try await Self.run(StoreError(.storeUnavailable, "away"))
        #expect(!isKept)
        #expect(left == (try Self.reads()))
        let (isKnown, unknown) = try await Self.run(StoreError(.commitUnknown, "perhaps"))
        #expect(!isKnown && unknown.isEmpty)
    }

    @Test("without a cache there is nothing to write down")
    func without() {
        #expect(StoreWorkers(repository: Self.repository(), reads: nil).cacheCounters(.off) == nil)
    }
}
