import MemoryModel
import StrictJSON
import Synchronization
import TestSupport
import Testing
import WireProtocol

@testable import MemoryService

/// The service with a cache: what it asks it, what it tells it, and who may see what it answers.
@Suite struct CachedReadTests {
    private static func fixture() -> (ServiceFixture, DictionaryCache) {
        let cache = DictionaryCache()
        return (ServiceFixture(cache: cache), cache)
    }

    private static let record = #"{"record":{"id":"m1","agentId":"alice","context":{"n":1},"tags":["t"]}}"#

    @Test(arguments: [
        (ProtocolMethod.get, #"{"id":"m1"}"#), (.get, #"{"id":"none"}"#), (.query, "{}"), (.count, "{}"),
        (.getAgentMemories, #"{"agentId":"alice"}"#), (.getCrossAgentInsights, "{}"),
    ])
    func theSecondAnswerIsTheCachesAndEqual(method: ProtocolMethod, params: String) async throws {
        let (service, cache) = Self.fixture()
        _ = try await service.result(
            .storeBatch,
            #"{"records":[{"id":"m1","agentId":"alice","context":{}},{"id":"m2","agentId":"bob","context":{}}]}"#)
        let first = try await service.result(method, params).compacted().description
        let calls = service.repository.calls.count
        let second = try await service.result(method, params).compacted().description
        #expect(service.repository.calls.count == calls)
        #expect(second == first.replacing(#""servedFrom":"store""#, with: #""servedFrom":"cache""#))
        #expect(cache.ownCounters == CacheCounters(hits: 1, misses: 1))
    }

    @Test func whatIsStoredAloneIsCachedAsItWasWritten() async throws {
        let (service, _) = Self.fixture()
        _ = try await service.result(.store, Self.record)
        let answer = try await service.result(.get, #"{"id":"m1"}"#)
        #expect(answer["servedFrom"]?.string == "cache" && answer["memory"]?["version"]?.int64 == 1)
    }

    @Test func everyWriteIsToldBeforeItIsAnswered() async throws {
        let (service, cache) = Self.fixture()
        func told(_ method: ProtocolMethod, _ params: String) async throws -> [String] {
            cache.told.value = []
            let everyone = Caller.bound(read: ["*"], write: ["*"], isAdministrator: true)
            _ = try await service.result(method, params, as: everyone)
            return cache.told.value
        }
        #expect(try await told(.store, Self.record) == ["prepare m1", "commit m1 alice/t +answer"])
        let moved = #"{"record":{"id":"m1","agentId":"bob","context":{},"tags":["u"]}}"#
        #expect(try await told(.store, moved) == ["prepare m1", "commit m1 bob/u alice/t +answer"])
        let batch = #"{"records":[{"id":"m1","agentId":"bob","context":{}},{"id":"m2","agentId":"eve","context":{}}]}"#
        #expect(try await told(.storeBatch, batch) == ["commit m1,m2 bob/ eve/ bob/u"])
        #expect(try await told(.delete, #"{"id":"m2"}"#) == ["commit m2 eve/"])
        // Where queries found it nobody knows.
        #expect(try await told(.delete, #"{"id":"m2"}"#) == ["clear"])
        #expect(try await told(.clear, #"{"agentId":"bob"}"#) == ["clear"])
        #expect(try await told(.cleanupExpired, "{}").isEmpty)
        cache.told.value = []
        _ = try await service.kind(.store, #"{"record":{"id":"m1","agentId":"a","context":{}},"ifVersion":7}"#)
        #expect(cache.told.value == ["prepare m1", "abandon m1"])
    }

    @Test func anUnknownOutcomeIsToldAsSuch() async throws {
        let cache = DictionaryCache()
        let service = ServiceFixture(cache: cache) { call throws(StoreError) in
            if call.name != "memories" { throw StoreError(.commitUnknown, "broken") }
        }
        for (method, params) in [
            (ProtocolMethod.store, Self.record), (.delete, #"{"id":"m1"}"#), (.clear, #"{"agentId":"alice"}"#),
        ] {
            cache.told.value = []
            #expect(try await service.kind(method, params) == .commitUnknown)
            #expect(cache.told.value.last == "unknown")
        }
    }

    @Test func accessRulesHoldOnAHit() async throws {
        let (service, _) = Self.fixture()
        _ = try await service.result(.store, Self.record)
        let stranger = Caller.bound(read: ["bob"], write: [])
        for caller in [Caller.everyone, .everyone, stranger, stranger, .bound(read: ["alice"], write: [])] {
            let sees = caller.readable.contains(try #require(AgentID("alice")))
            let memory = try await service.result(.get, #"{"id":"m1"}"#, as: caller)["memory"]
            #expect(memory?["id"]?.string == (sees ? "m1" : nil))
            #expect(try await service.result(.count, "{}", as: caller)["count"]?.int64 == (sees ? 1 : 0))
            let named = try await service.result(.count, #"{"agentId":"alice"}"#, as: caller)
            #expect(named["count"]?.int64 == (sees ? 1 : 0))
        }
    }

    @Test func healthAndStatisticsTellOfTheCache() async throws {
        let (service, cache) = Self.fixture()
        _ = try await service.result(.store, Self.record)
        _ = try await service.result(.get, #"{"id":"m1"}"#)
        let statistics = try await service.result(.getStats)
        #expect(statistics["cache"]?.compacted().description == #"{"hits":1,"misses":0,"hitRate":1.0}"#)
        let well = try await service.result(.getHealth)
        #expect(well["status"]?.string == "ok" && well["cache"]?["hits"]?.int64 == 1)
        cache.state.value = .unavailable(reason: "gone")
        let ill = try await service.result(.getHealth)
        #expect(ill["status"]?.string == "degraded" && ill["cache"]?["status"]?.string == "unavailable")
        #expect(ill["cache"]?["reason"]?.string == "gone")
    }
}
