import MemoryModel
import PostgresDriver
import PostgresFixture
import SchemaFiles
import Testing

@testable import PostgresRepository

@Suite struct MigrationTests {
    @Test func createsTheTablesAndTheirIndexes() async throws {
        try await Store.withPool { _, pool in
            let report = try await MigrationRunner(pool: pool).migrate(deadline: .soon)
            #expect(report.applied == SchemaFiles.migrations.map(\.name))
            #expect(report.version == 3)
            let counts = Dictionary(uniqueKeysWithValues: report.tables.map { ($0.name, $0.indexCount) })
            #expect(counts["brain_memories"] == 6)
            #expect(counts["brain_memory_tags"] == 3)
            #expect(counts["brain_memory_stats"] == 1)
            #expect("\(report)".contains("\n  brain_memories           6 indexes\n"))
        }
    }

    @Test func aSecondRunChangesNothing() async throws {
        try await Store.withPool { url, pool in
            let server = try await PostgresServer.shared()
            let runner = MigrationRunner(pool: pool)
            let first = try await runner.migrate(deadline: .soon)
            let state = "SELECT md5(string_agg(m::text, '' ORDER BY version)) FROM brain_schema_migrations AS m"
            let objects = "SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_class"
            let before = try await server.execute(state, on: url) + server.execute(objects, on: url)
            let second = try await runner.migrate(deadline: .soon)
            #expect(second.applied.isEmpty)
            #expect(second.tables == first.tables)
            #expect(try await runner.validate(deadline: .soon) == second)
            let after = try await server.execute(state, on: url) + server.execute(objects, on: url)
            #expect(before == after)
        }
    }

    @Test func severalAtOnceAreSafe() async throws {
        try await Store.withPool { _, pool in
            let reports = try await withThrowingTaskGroup(of: MigrationReport.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await MigrationRunner(pool: pool).migrate(deadline: .soon) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Whoever gets the lock applies the next one: each is applied once, by whichever of them.
            #expect(reports.flatMap(\.applied).sorted() == SchemaFiles.migrations.map(\.name))
        }
    }

    @Test func aDatabaseWithoutMigrationsIsRefused() async throws {
        try await Store.withPool { _, pool in
            let differences = await Self.differences { try await MigrationRunner(pool: pool).validate(deadline: .soon) }
            #expect(differences == ["no migration has been applied"])
        }
    }

    @Test func anAlteredFileIsRefused() async throws {
        try await Store.with { store in
            let file = SchemaFiles.migrations[0]
            let altered = MigrationFile(version: 1, name: file.name, sql: file.sql + "-- one more line\n")
            let runner = MigrationRunner(
                pool: store.pool, migrations: [altered] + SchemaFiles.migrations.dropFirst())
            let differences = await Self.differences { try await runner.migrate(deadline: .soon) }
            #expect(differences.count == 1)
            #expect(differences.first?.hasPrefix("migration 0001_initial was altered after it was applied") == true)
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        try await Store.with { store in
            let next = SchemaFiles.migrations.count + 1
            let more =
                SchemaFiles.migrations + [
                    MigrationFile(version: next, name: "more", sql: "CREATE TABLE brain_more (id int PRIMARY KEY);")
                ]
            let report = try await MigrationRunner(pool: store.pool, migrations: more).migrate(deadline: .soon)
            #expect(report.applied == ["more"])
            #expect(report.version == next)
            let differences = await Self.differences {
                try await MigrationRunner(pool: store.pool).migrate(deadline: .soon)
            }
            #expect(differences.count == 1)
            #expect(differences.first?.contains("the schema is newer than the program") == true)
            let validation = await Self.differences {
                try await MigrationRunner(pool: store.pool).validate(deadline: .soon)
            }
            #expect(validation.first?.contains("(more)") == true)
        }
    }

    @Test func aFailedMigrationLeavesNothingBehind() async throws {
        try await Store.with { store in
            let broken =
                SchemaFiles.migrations + [
                    MigrationFile(
                        version: SchemaFiles.migrations.count + 1, name: "broken",
                        sql: "CREATE TABLE brain_more (id int); SELECT 1 / 0;")
                ]
            do {
                _ = try await MigrationRunner(pool: store.pool, migrations: broken).migrate(deadline: .soon)
                Issue.record("the migration did not fail")
            } catch MigrationError.failed(let migration, _) {
                #expect(migration == "broken")
            }
            #expect(try await store.sql("SELECT to_regclass('brain_more')") == [nil])
            #expect(try await MigrationRunner(pool: store.pool).validate(deadline: .soon).version == 3)
        }
    }

    @Test func anOlderSchemaIsUpgradedWithWhatItHolds() async throws {
        try await Store.withPool { url, pool in
            let oldest = MigrationRunner(pool: pool, migrations: Array(SchemaFiles.migrations.prefix(1)))
            #expect(try await oldest.migrate(deadline: .soon).version == 1)
            let insert = "INSERT INTO brain_memories (id, agent_id, timestamp, context) VALUES ('m1', 'a', now(), '{}')"
            try await PostgresServer.shared().execute(insert, on: url)
            let report = try await MigrationRunner(pool: pool).migrate(deadline: .soon)
            #expect(report.applied == SchemaFiles.migrations.dropFirst().map(\.name))
            let store = Store(url: url, pool: pool, repository: PostgresMemoryRepository(pool: pool))
            #expect(try await store.memory("m1")?.version == 1)
        }
    }

    /// Statistics of the second version are kept until the first refresh, which reads everything.
    @Test func statisticsAreUpgraded() async throws {
        try await Store.withPool { url, pool in
            let older = MigrationRunner(pool: pool, migrations: Array(SchemaFiles.migrations.prefix(2)))
            #expect(try await older.migrate(deadline: .soon).version == 2)
            try await PostgresServer.shared().execute(
                """
                INSERT INTO brain_memories (id, agent_id, timestamp, context, tags, importance)
                SELECT 'm' || n, 'a' || n % 3, now(), '{}', ARRAY['t' || n % 5], 1 + n % 7 FROM generate_series(1, 20) AS n;
                INSERT INTO brain_memory_stats
                    (agent_id, memory_count, size_bytes, tag_count, expiring_within_day, mean_importance, oldest, newest,
                    cache_hits, refreshed_at)
                SELECT agent_id, count(*), sum(size_bytes), 5, 0, avg(importance), min(timestamp), max(timestamp), 7, now()
                FROM brain_memories GROUP BY agent_id;
                UPDATE brain_stats_refresh SET refreshed_at = now(), tag_count = 5;
                INSERT INTO brain_memories (id, agent_id, timestamp, context) VALUES ('new', 'b', now(), '{}')
                """, on: url)
            #expect(
                try await MigrationRunner(pool: pool).migrate(deadline: .soon).version == SchemaFiles.migrations.count)
            let store = Store(url: url, pool: pool, repository: PostgresMemoryRepository(pool: pool))
            let kept = try await store.repository.statistics(
                maximumAge: .seconds(3_600), scope: .all, deadline: .soon)
            #expect(kept.totalMemories == 20 && kept.tagCount == 5)
            let sums = "SELECT sum(importance_sum)::text FROM brain_memory_stats"
            #expect(
                try await store.sql(sums)
                    == store.sql("SELECT sum(importance)::text FROM brain_memories WHERE id <> 'new'"))
            try await store.store(.of("m1", agent: "c"))
            guard case .everything = try await store.refresh().extent else { throw NotWellFormed() }
            #expect(try await store.drift().isEmpty)
            #expect(try await store.sql("SELECT max(cache_hits)::text FROM brain_memory_stats") == ["7"])
            try await store.store(.of("m1", agent: "b"))
            #expect(try await store.refresh().extent == .changes)
            #expect(try await store.drift().isEmpty)
        }
    }

    /// One alteration each, and what must be said of it.
    static let alterations: [(sql: String, said: String)] = [
        ("ALTER TABLE brain_memories ADD COLUMN extra int", "column brain_memories.extra does not belong there"),
        ("ALTER TABLE brain_memory_stats DROP COLUMN newest", "column brain_memory_stats.newest is missing"),
        ("ALTER TABLE brain_memories ALTER tags DROP NOT NULL", "column brain_memories.tags is text[] collate C stor"),
        ("ALTER TABLE brain_memories ALTER importance SET DEFAULT 1", "column brain_memories.importance is smallint"),
        ("DROP INDEX brain_memories_time_idx", "index brain_memories_time_idx of brain_memories is missing"),
        (
            "CREATE INDEX brain_extra ON brain_memories (version)",
            "index brain_extra of brain_memories does not belong there"
        ),
        (
            "ALTER TABLE brain_memories DROP CONSTRAINT brain_memories_importance_check",
            "constraint brain_memories_importance_check of brain_memories is missing"
        ),
        (
            "ALTER TABLE brain_memories DISABLE TRIGGER brain_memories_tags_update",
            "trigger brain_memories_tags_update of brain_memories is"
        ),
        (
            "ALTER TABLE brain_memories DISABLE TRIGGER ALL",
            "trigger RI_FKey_cascade_del of brain_memories is"
        ),
        (
            "CREATE OR REPLACE FUNCTION brain_touch_memory() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "function brain_touch_memory() is"
        ),
        ("DROP TABLE brain_agents", "table brain_agents is missing"),
        ("CREATE TABLE brain_extra (id int)", "table brain_extra does not belong there"),
        ("CREATE RULE none AS ON DELETE TO brain_memories DO INSTEAD NOTHING", "rule none of brain_memories"),
    ]

    @Test(arguments: alterations.indices) func anAlteredSchemaIsRefused(index: Int) async throws {
        let alteration = Self.alterations[index]
        try await Store.with { store in
            try await store.sql(alteration.sql)
            let differences = await Self.differences {
                try await MigrationRunner(pool: store.pool).migrate(deadline: .soon)
            }
            #expect(differences.contains { $0.hasPrefix(alteration.said) }, "\(differences)")
        }
    }

    /// Databases may keep other things beside the project's tables, in whatever schema the connection says.
    @Test func anotherSchemaAndOtherTablesAreFine() async throws {
        try await Store.withPool { url, pool in
            let server = try await PostgresServer.shared()
            try await server.execute("CREATE SCHEMA memory; CREATE TABLE public.other (id int)", on: url)
            let other = Store.makePool(url + "&options=-csearch_path%3Dmemory")
            let report = try await MigrationRunner(pool: other).migrate(deadline: .soon)
            await other.shutdown(within: .seconds(1))
            #expect(report.tables.contains { $0.name == "brain_memories" && $0.indexCount == 6 })
            let place = try await server.execute("SELECT to_regclass('memory.brain_memories')", on: url)
            #expect(place == ["memory.brain_memories"])
        }
    }

    static func differences(_ body: () async throws -> MigrationReport) async -> [String] {
        do {
            _ = try await body()
            return []
        } catch MigrationError.refused(let differences) {
            return differences
        } catch {
            return ["\(error)"]
        }
    }
}
