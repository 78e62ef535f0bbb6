import Foundation
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

@Suite struct DumpTests {
    @Test("a dump is made, listed as good, private, and agrees with the database and with sha256sum")
    func endToEnd() async throws {
        try await World.with { world in
            let manifest = try await world.keeper.makeDump(reason: "request")
            #expect(manifest.memories == 300 && manifest.schema == "public" && manifest.reason == "request")
            #expect(manifest.tables.map(\.name).contains("brain_memory_tags"))
            #expect(manifest.tables.first { $0.name == "brain_memory_tags" }?.rows == 1_200)
            let list = try await world.keeper.list()
            #expect(list.map(\.id) == [manifest.id])
            #expect(list[0].isGood && !list[0].isProven && list[0].state == "unproven", "\(list[0].problems)")
            #expect(list[0].manifest == manifest)
            #expect(try await world.keeper.verify().map(\.problems) == [[]])
            #expect(try await world.shell("cd dumps/*/ && sha256sum -c SHA256SUMS | wc -l") == ["2"])
            #expect(
                try await world.shell("stat -c %a . dumps base wal dumps/* dumps/*/*")
                    == ["711", "700", "700", "700", "700", "600", "600", "600"])
            #expect(try world.debris() == [])
        }
    }

    @Test("the digest is of the content: equal for an equal database, another for any other")
    func digests() async throws {
        try await World.with { world in
            let first = try await world.keeper.makeDump(reason: "request")
            // Every row is rewritten elsewhere; what they hold stays.
            try await world.sql("CLUSTER brain_memories USING brain_memories_pkey")
            let second = try await world.keeper.makeDump(reason: "request")
            #expect(first.tables == second.tables)
            try await world.sql("UPDATE brain_memories SET importance = importance % 10 + 1 WHERE id = 'm7'")
            let third = try await world.keeper.makeDump(reason: "request")
            // The change is noted for the statistics, twice: what was, and what is.
            let changed = zip(first.tables, third.tables).filter { $0 != $1 }
            #expect(Set(changed.map(\.0.name)) == ["brain_memories", "brain_memory_tags", "brain_memory_changes"])
            let rows = changed.filter { $0.0.name != "brain_memory_changes" }
            #expect(rows.allSatisfy { $0.0.rows == $0.1.rows && $0.0.digest != $0.1.digest })
        }
    }

    @Test("what is written while a dump is made is in neither the dump nor its counts")
    func snapshot() async throws {
        try await World.with { world in
            let keeper = world.keeper
            var made: Task<BackupManifest, any Error>?
            try await world.locking("brain_agents") {
                made = Task { try await keeper.makeDump(reason: "request") }
                let isUnderWay = try await SupervisionFixture.eventually {
                    let dumps = try world.pids("pg_dump", naming: world.root)
                    let readers = try world.pids("psql", naming: "--file=-")
                    return !dumps.isEmpty && !readers.isEmpty
                }
                #expect(isUnderWay)
                try await world.remember(50, from: 1_000)
                try await world.sql("DELETE FROM brain_memories WHERE id = 'm1'")
            }
            let manifest = try await #require(made).value
            #expect(manifest.memories == 300)
            #expect(try await keeper.verify().map(\.problems) == [[]])
        }
    }

    @Test("another schema, and other people's tables in it")
    func schemas() async throws {
        try await World.with { world in
            try await world.sql(
                """
                CREATE SCHEMA "My ""schema"; ALTER SCHEMA public RENAME TO old;
                DO $$ DECLARE t text; BEGIN
                    FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'old'::regnamespace AND relkind = 'r' LOOP
                        EXECUTE format('ALTER TABLE old.%I SET SCHEMA "My ""schema"', t);
                    END LOOP;
                END $$;
                CREATE TABLE "My ""schema"."Other's table" (a text, b timestamptz);
                INSERT INTO "My ""schema"."Other's table" VALUES (E'\\\\.', now());
                CREATE TABLE "My ""schema".brainless (a text); CREATE TABLE "My ""schema"."brain_'x:y\\z" (a text);
                INSERT INTO "My ""schema"."brain_'x:y\\z" VALUES ('COPY "a"."b" FROM stdin;');
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), '"My ""schema"');
                    EXECUTE format('ALTER DATABASE %I SET datestyle = %s', current_database(), '''German''');
                    EXECUTE format('ALTER DATABASE %I SET timezone = %s', current_database(), '''Asia/Tokyo''');
                    EXECUTE format('ALTER DATABASE %I SET extra_float_digits = %s', current_database(), '-10');
                END $$;
                """)
            let manifest = try await world.keeper.makeDump(reason: "request")
            #expect(manifest.schema == "My \"schema" && manifest.memories == 300)
            let names = manifest.tables.map(\.name)
            #expect(names.contains("brain_'x:y\\z") && !names.contains("brainless"))
            #expect(try await world.keeper.verify().map(\.problems) == [[]])
            let dump = world.folders.backup(.dump, manifest.id) + "/" + BackupFolders.dumpName
            let text = try await world.fixture.run("/usr/bin/pg_restore", ["--list", dump], as: .me).lines
            #expect(text.contains { $0.contains("Other's table") })
        }
    }

    @Test("list notices a change of any byte and of its undoing; it reads files again only after a change")
    func caching() async throws {
        try await World.with(rows: 10) { world in
            let manifest = try await world.keeper.makeDump(reason: "request")
            #expect(try await world.keeper.list()[0].isGood)
            let dump = "dumps/\(manifest.id)/memories.dump"
            try await world.shell("cp -p \(dump) keep; printf X | dd of=\(dump) bs=1 seek=900 conv=notrunc status=none")
            #expect(try await world.keeper.list()[0].isGood == false)
            try await world.shell("cp -p keep \(dump)")
            #expect(try await world.keeper.list()[0].isGood)
            // Same size, same times of content: only the time of the change itself tells.
            try await world.shell(
                "printf X | dd of=\(dump) bs=1 seek=900 conv=notrunc status=none; touch -r keep \(dump); rm keep")
            #expect(try await world.keeper.list()[0].isGood == false)
            #expect(try await world.keeper.verify(manifest.id)[0].isGood == false)
        }
    }

    @Test("retention: what is beyond goes after a success, bad ones are not counted")
    func retention() async throws {
        try await World.with(rows: 10, { ($0.keepDaily, $0.keepWeekly, $0.keepMonthly) = (0, 0, 0) }) { world in
            var ids: [String] = []
            for day in ["20250101", "20250102", "20250103"] {
                let made = try await world.keeper.makeDump(reason: "request")
                ids.append(try await world.backdate(made, to: day))
            }
            #expect(Set(try await world.keeper.list().filter(\.isGood).map(\.id)) == Set(ids.suffix(2)))
            try await world.shell("echo x >> dumps/\(ids[2])/memories.dump")
            let last = try await world.keeper.makeDump(reason: "request")
            let list = try await world.keeper.list()
            #expect(list.map(\.id) == [last.id, ids[2], ids[1]])
            #expect(list.map(\.isGood) == [true, false, true])
            #expect(try world.debris() == [])
        }
    }

    @Test("a backup just made is not pruned though the clock was set back")
    func clock() async throws {
        try await World.with(rows: 10, { ($0.keepDaily, $0.keepWeekly, $0.keepMonthly) = (0, 0, 0) }) { world in
            var ids: Set<String> = []
            for day in ["20990101", "20990102"] {
                ids.insert(try await world.backdate(try await world.keeper.makeDump(reason: "request"), to: day))
            }
            ids.insert(try await world.keeper.makeDump(reason: "request").id)
            let list = try await world.keeper.list()
            #expect(Set(list.filter(\.isGood).map(\.id)) == ids)
        }
    }

    @Test("a backup that is not there can't be verified")
    func unknown() async throws {
        try await World.with(rows: 0) { world in
            let none = try await world.keeper.list()
            #expect(none.isEmpty)
            #expect(await backupError { _ = try await world.keeper.verify("nothing") }?.kind == .notFound)
            #expect(await backupError { _ = try await world.keeper.drill() }?.kind == .notFound)
        }
    }
}

extension World {
    /// Makes a dump as old as this day, with all that says so changed to match.
    func backdate(_ manifest: BackupManifest, to day: String) async throws -> String {
        let id = "dump-\(day)T030000Z-" + manifest.id.suffix(8)
        try await shell(
            "mv dumps/\(manifest.id) dumps/\(id); cd dumps/\(id); sed -i s/\(manifest.id)/\(id)/ manifest.json; "
                + "sha256sum manifest.json memories.dump > SHA256SUMS")
        return id
    }
}
