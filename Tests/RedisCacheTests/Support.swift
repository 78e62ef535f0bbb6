import Foundation
import MemoryModel
import MemoryService
import MonotonicClock
import RedisDriver
import RedisFixture
import Synchronization
import TestSupport
import Testing

@testable import RedisCache

/// Daemons that announce to each other without a database.
final class Peers: CachePeers {
    private let store: String

    init(store: String = "store") { self.store = store }

    func storeIdentity(deadline: MonotonicInstant) async throws -> String { store }

    private struct State {
        var announced: [UInt32: UInt32] = [:]
        var unheard: [UInt32: Set<UInt32>] = [:]
        var paces: [CachePeersPace] = []
    }

    private let state = Mutex(State())

    /// How often who was asked in which pace.
    func count(_ pace: CachePeersPace) -> Int { state.withLock { $0.paces.count { $0 == pace } } }

    func announce(
        _ own: CachePeer, pace: CachePeersPace, deadline: MonotonicInstant
    ) async throws -> CachePeersAnswer {
        state.withLock { state in
            state.paces.append(pace)
            if state.announced.updateValue(own.cache, forKey: own.member) != own.cache {
                for member in state.announced.keys { state.unheard[member]?.insert(own.member) }
            }
            return CachePeersAnswer(
                present: Set(state.announced.map { CachePeer(member: $0.key, cache: $0.value) }),
                heard: state.unheard.updateValue([], forKey: own.member))
        }
    }

    /// A daemon came, and went again.
    func comesAndGoes(_ member: UInt32) {
        state.withLock { state in
            for other in state.announced.keys { state.unheard[other]?.insert(member) }
        }
    }

    private let newSession = Mutex<(@Sendable () -> Void)?>(nil)

    func onNewSession(_ body: @escaping @Sendable () -> Void) { newSession.withLock { $0 = body } }

    /// The connection was lost and made anew.
    func beginsNewSession() { newSession.withLock { $0 }?() }
}

/// Keeps what the cache reports.
final class Reports: Observer {
    private let kept = Mutex<[String?]>([])

    /// The reason of each bypass, and nil for each time that the cache was in use again.
    var changes: [String?] { kept.withLock { $0 } }

    func observe(_ observation: Observation) {
        guard case .cacheChanged(let reason) = observation else { return }
        kept.withLock { $0.append(reason) }
    }
}

/// A cache on a Redis of its own, at an instant that the test chooses.
struct CacheFixture {
    let redis: RedisServer
    let cache: RedisMemoryCache
    let reports = Reports()
    let clock: Shared<Timestamp>

    static func with(
        redis arguments: [String] = [], prefix: String = "", localBytes: Int = 0,
        _ body: (CacheFixture) async throws -> Void
    ) async throws {
        let redis = try await RedisServer.start(arguments: arguments)
        let fixture = try CacheFixture(redis, prefix: prefix, localBytes: localBytes)
        let result = await Result { try await fixture.run(body) }
        await fixture.cache.shutdown()
        try await redis.shutdown()
        try result.get()
    }

    init(_ redis: RedisServer, prefix: String = "", localBytes: Int = 0, peers: Peers = Peers()) throws {
        self.redis = redis
        let clock = Shared(Timestamp(microseconds: 1_800_000_000_000_000) ?? .earliest)
        self.clock = clock
        cache = RedisMemoryCache(
            configuration: RedisCacheConfiguration(
                endpoint: try RedisEndpoint(url: redis.url), keyPrefix: prefix, localBytes: localBytes,
                now: { clock.value }),
            peers: peers, observer: reports)
        cache.start()
    }

    private func run(_ body: (CacheFixture) async throws -> Void) async throws {
        #expect(try await isInUse())
        try await body(self)
    }

    /// Waits until the cache is used.
    func isInUse(within limit: Duration = .seconds(10)) async throws -> Bool {
        try await eventually(within: limit) { cache.isInUse }
    }

    /// What a lookup of a memory finds.
    func find(_ id: String) async throws -> CacheLookup {
        await cache.lookUp(.memory(try .of(id)), deadline: .now + .seconds(5))
    }

    /// The answer that a lookup finds; nil for a miss.
    func hit(_ key: CacheKey) async -> CachedAnswer? {
        if case .hit(let answer) = await cache.lookUp(key, deadline: .now + .seconds(5)) { answer } else { nil }
    }

    /// The ticket of a lookup that finds nothing; waits while the cache is bypassed, as it may be on a busy machine.
    func ticket(_ key: CacheKey) async throws -> CacheTicket {
        var found: CacheTicket?
        _ = try await eventually {
            if case .miss(let ticket) = await cache.lookUp(key, deadline: .now + .seconds(5)) { found = ticket }
            return found != nil
        }
        return try #require(found)
    }

    /// Keeps an answer and waits until it is found.
    func fill(_ key: CacheKey, _ answer: CachedAnswer) async throws {
        cache.keep(answer, for: try await ticket(key))
        #expect(try await eventually { await hit(key) == answer })
    }

    /// The keys that Redis holds, but for the counters and the epoch.
    func keys() throws -> Set<String> {
        guard case .list(let names) = try redis.command("KEYS", "*memory:*") else { return [] }
        return Set(names.compactMap { if case .text(let name) = $0 { name } else { nil } })
    }
}

struct NotWellFormed: Error {}

extension MemoryID {
    static func of(_ text: String) throws -> MemoryID {
        guard let id = MemoryID(text) else { throw NotWellFormed() }
        return id
    }
}

extension MemoryPlace {
    static func of(_ agent: String, _ tags: String...) throws -> MemoryPlace {
        guard let agent = AgentID(agent) else { throw NotWellFormed() }
        return MemoryPlace(agentID: agent, tags: tags.compactMap { MemoryModel.Tag($0) })
    }
}

extension CachedAnswer {
    static func of(_ text: String, expiry: Timestamp? = nil) -> CachedAnswer {
        CachedAnswer(members: Array(text.utf8), firstExpiry: expiry)
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
