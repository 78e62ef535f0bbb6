import DaemonFixture
import Foundation
import PostgresFixture
import RedisFixture
import Testing

extension CacheTests {
    /// Tries to get an old answer out of two daemons that share a PostgreSQL and a Redis.
    @Suite(.serialized) struct StaleReadTests {
        /// How many reads are made: `COHERENCE_READS`, a million unless said otherwise.
        private static let reads =
            ProcessInfo.processInfo.environment["COHERENCE_READS"].flatMap { Int($0) } ?? 1_000_000

        @Test func amongAllFaultsNoReadIsOlderThanAnAcknowledgedWrite() async throws {
            let world = try await World.start()
            let checker = Checker(sockets: world.sockets, faults: world.faults)
            let faults = Task { try await world.hurt() }
            let reads = Self.reads
            try await checker.run(writers: 4, readers: 4, within: .seconds(600)) {
                $0.readCount >= reads && world.hasSeenAll
            }
            faults.cancel()
            let hurt = await faults.result
            try await world.end()
            print("coherence: \(checker.summary); \(world.faults.summary)")
            #expect(checker.readCount >= reads && world.hasSeenAll)
            #expect(checker.stale.isEmpty, "\(checker.stale.prefix(5))")
            // The second daemon ends now and then, and while it begins it answers store_unavailable; the first never
            // has a reason to.
            #expect(checker.errors[0] == nil, "\(checker.errors[0] ?? [])")
            #expect(
                (checker.errors[1] ?? []).allSatisfy {
                    $0.contains("store_unavailable") || $0.contains("shutting_down")
                }, "\(checker.errors[1] ?? [])")
            if case .failure(let error) = hurt, !(error is CancellationError) { throw error }
        }

        /// The same readers and writers find old answers where the cache keeps simpler rules: so they would find ours.
        @Test(arguments: [PlainCache.Rule.set, .delete])
        func theSameCheckerFindsTheFaultOfSimplerRules(rule: PlainCache.Rule) async throws {
            let world = try await PlainWorld.start(rule)
            let checker = Checker(sockets: world.sockets)
            try await checker.run(writers: 4, readers: 4, within: .seconds(300)) { !$0.stale.isEmpty }
            try await world.end()
            print("plain \(rule): \(checker.summary)")
            #expect(!checker.stale.isEmpty)
        }
    }
}
