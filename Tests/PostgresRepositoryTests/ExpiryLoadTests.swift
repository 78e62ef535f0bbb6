import Foundation
import MemoryModel
import MonotonicClock
import PostgresFixture
import Synchronization
import Testing

@testable import PostgresRepository

/// Many expired memories are deleted while clients store and query.
///
/// `EXPIRY_LOAD=100000` in the environment deletes that many and prints how long the clients' requests took, without and
/// meanwhile.
@Suite struct ExpiryLoadTests {
    private static let scale = ProcessInfo.processInfo.environment["EXPIRY_LOAD"].flatMap { Int($0) }

    /// Eight clients that store and query in turn until `isOver`; how long each request took. None may fail.
    private static func serve(_ store: Store, until isOver: @escaping @Sendable () -> Bool) async throws -> [Duration] {
        try await withThrowingTaskGroup(of: [Duration].self) { group in
            for client in 0..<8 {
                group.addTask {
                    var latencies: [Duration] = []
                    var number = 0
                    repeat {
                        number += 1
                        let begin = MonotonicInstant.now
                        if number % 2 == 0 {
                            let filter = MemoryFilter(agentID: try .of("agent-\(number % 50)"))
                            _ = try await store.page(filter, limit: 20)
                        } else {
                            try await store.store(
                                .of("c\(client)-\(number)", agent: "agent-\(number % 50)", tags: ["a", "b"]))
                        }
                        latencies.append(begin.duration(to: .now))
                    } while !isOver()
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func percentile(_ latencies: [Duration], _ share: Double) -> Duration {
        latencies.sorted()[min(Int(Double(latencies.count) * share), latencies.count - 1)]
    }

    private static func describe(_ name: String, _ latencies: [Duration]) {
        print(
            "\(name): \(latencies.count) requests, p50 \(percentile(latencies, 0.5)), p99 \(percentile(latencies, 0.99)),"
                + " longest \(percentile(latencies, 1))")
    }

    private static func fill(_ store: Store, _ expired: Int) async throws {
        for part in 0..<((expired + 999) / 1_000) {
            try await store.sql(
                """
                INSERT INTO brain_memories (id, agent_id, timestamp, context, tags, expires_at)
                SELECT id, 'agent-' || n % 50, now() - n * interval '1 s', '{"text": "words"}', '{a,b}', expires_at
                FROM generate_series(\(part * 1_000 + 1), \(min(part * 1_000 + 1_000, expired))) AS n,
                    LATERAL (VALUES ('live' || n, timestamptz 'infinity'), ('old' || n, now() - interval '1 s'))
                        AS kind (id, expires_at)
                """)
        }
        try await store.sql("VACUUM ANALYZE brain_memories, brain_memory_tags")
    }

    @Test func starvesNobody() async throws {
        try await Store.with { store in
            let expired = Self.scale ?? 3_000
            try await Self.fill(store, expired)
            if Self.scale != nil {
                let end = MonotonicInstant.now + .seconds(10)
                Self.describe("alone", try await Self.serve(store) { .now >= end })
            }
            let deleted = Mutex<Int64?>(nil)
            let begin = MonotonicInstant.now
            async let latencies = Self.serve(store) { deleted.withLock { $0 != nil } }
            let count = await Result { try await store.repository.deleteExpired(deadline: .now + .seconds(120)) }
            deleted.withLock { $0 = (try? count.get()) ?? 0 }
            let duration = begin.duration(to: .now)
            let meanwhile = try await latencies
            #expect(try count.get() == Int64(expired))
            if Self.scale != nil { Self.describe("while \(expired) were deleted in \(duration)", meanwhile) }
        }
    }

    /// After each full batch it rests for as long as the batch took, times a factor.
    @Test func restsBetweenBatches() async throws {
        try await Store.with { store in
            try await Self.fill(store, 25)
            let rests = Mutex<[Duration]>([])
            var repository = store.repository
            repository.expiryPacing.batch = 10
            repository.expiryPacing.rest = 1e6
            repository.expiryPacing.sleep = { duration in rests.withLock { $0.append(duration) } }
            #expect(try await repository.deleteExpired(deadline: .soon) == 25)
            #expect(
                rests.withLock { $0 } == [repository.expiryPacing.maximumRest, repository.expiryPacing.maximumRest])
            // A caller with little time is not kept waiting for what comes after it.
            try await store.sql("UPDATE brain_memories SET expires_at = now() - interval '1 s'")
            repository.expiryPacing.maximumRest = .seconds(600)
            #expect(try await repository.deleteExpired(deadline: .soon) == 10)
        }
    }
}
