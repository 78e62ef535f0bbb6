import Logging
import MemoryService
import MonotonicClock
import PostgresDriver
import Synchronization
import Testing

@testable import PostgresRepository

/// What daemons on one database learn of each other.
@Suite struct CachePeersTests {
    private static func daemon(_ store: Store) -> PostgresCachePeers {
        let peers = PostgresCachePeers(
            configuration: PostgresPoolConfiguration(url: store.url),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        peers.start()
        return peers
    }

    private static func announce(
        _ daemon: PostgresCachePeers, _ member: UInt32, _ cache: UInt32 = 7, _ pace: CachePeersPace = .quick
    ) async throws -> CachePeersAnswer {
        try await daemon.announce(CachePeer(member: member, cache: cache), pace: pace, deadline: .soon)
    }

    @Test func eachSeesWhatAllAnnounce() async throws {
        try await Store.with { store in
            let (one, two) = (Self.daemon(store), Self.daemon(store))
            let alone = try await Self.announce(one, 1)
            #expect(alone.present == [CachePeer(member: 1, cache: 7)])
            let both = try await Self.announce(two, 2)
            #expect(both.present.count == 2)
            let changed = try await Self.announce(one, 1, CachePeer.none)
            #expect(changed.present.contains(CachePeer(member: 1, cache: 0)))
            await one.shutdown()
            await two.shutdown()
        }
    }

    @Test func whoCameAndWentMeanwhileIsHeard() async throws {
        try await Store.with { store in
            let (one, two) = (Self.daemon(store), Self.daemon(store))
            // A session that has just begun can't know.
            let first = try await Self.announce(one, 1)
            #expect(first.heard == nil)
            let second = try await Self.announce(one, 1, 7, .resting)
            #expect(second.heard == [])
            _ = try await Self.announce(two, 2)
            await two.shutdown()
            var answer = try await Self.announce(one, 1)
            #expect(answer.heard == [2])
            // The server takes a moment to see that a session has ended.
            let end = MonotonicInstant.now + .seconds(10)
            while answer.present.count > 1, .now < end { answer = try await Self.announce(one, 1) }
            #expect(answer.present.map(\.member) == [1])
            let last = try await Self.announce(one, 1)
            #expect(last.heard == [])
            await one.shutdown()
        }
    }

    @Test func aNewSessionKnowsNothingAndIsTold() async throws {
        try await Store.with { store in
            let one = Self.daemon(store)
            let sessions = Atomic(0)
            _ = try await Self.announce(one, 1)
            one.onNewSession { sessions.add(1, ordering: .relaxed) }
            try await store.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            let end = MonotonicInstant.now + .seconds(10)
            while sessions.load(ordering: .relaxed) == 0, .now < end { try await Task.sleep(for: .milliseconds(5)) }
            #expect(sessions.load(ordering: .relaxed) > 0)
            let answer = try await Self.announce(one, 1)
            #expect(answer.heard == nil && answer.present.count == 1)
            await one.shutdown()
        }
    }

    @Test(arguments: [(CachePeersPace.quick, "2s"), (.resting, "2min")])
    func aSessionThatFallsSilentDoesNotSpeakForEver(pace: CachePeersPace, limit: String) async throws {
        try await Store.with { store in
            let one = Self.daemon(store)
            _ = try await Self.announce(one, 1, 7, .resting)
            _ = try await Self.announce(one, 1, 7, pace)
            let shown = try await one.idleLimit(deadline: .soon)
            #expect(shown == limit)
            await one.shutdown()
        }
    }
}
