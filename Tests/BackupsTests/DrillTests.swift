import Foundation
import ManagedPostgres
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

@Suite struct DrillTests {
    @Test("a drill restores the newest good dump, compares it, and proves just these files")
    func proof() async throws {
        try await World.with { world in
            let manifest = try await world.keeper.makeDump(reason: "request")
            let report = try await world.keeper.drill()
            #expect(report.id == manifest.id && report.tables == manifest.tables && report.memories == 300)
            #expect(report.notes.isEmpty)
            #expect(try world.debris() == [])
            var list = try await world.keeper.list()
            #expect(list[0].isProven && list[0].proof?.tables == manifest.tables && list[0].state == "good")
            #expect(try await world.keeper.verify()[0].isProven)
            // A proof that was touched, or is another backup's, proves nothing; the backup is as good as before.
            try await world.shell("sed -i s/restoredAt/restoredat/ dumps/*/proof.json")
            list = try await world.keeper.list()
            #expect(list[0].isGood && !list[0].isProven)
            #expect(try await world.keeper.drill().id == manifest.id)
            list = try await world.keeper.list()
            #expect(list[0].isProven)
            let next = try await world.keeper.makeDump(reason: "request")
            try await world.shell("cp dumps/\(manifest.id)/proof.json dumps/\(next.id)/")
            list = try await world.keeper.list()
            #expect(list.first { $0.id == next.id }?.isProven == false)
        }
    }

    @Test("a dump that does not hold what its manifest says is found out, though all checksums are right")
    func forgery() async throws {
        try await World.with(rows: 20) { world in
            let manifest = try await world.keeper.makeDump(reason: "request")
            let digest = try #require(manifest.tables.first { $0.name == "brain_memories" }?.digest)
            let other = String(digest.reversed())
            try await world.shell(
                "cd dumps/*/ && sed -i s/\(digest)/\(other)/ manifest.json && "
                    + "sha256sum manifest.json memories.dump > SHA256SUMS")
            #expect(try await world.keeper.list()[0].isGood)
            let verified = try await world.keeper.verify()
            #expect(!verified[0].isGood && verified[0].problems.contains { $0.contains("brain_memories differ") })
            let error = await backupError { _ = try await world.keeper.drill() }
            #expect(error?.kind == .mismatch && error?.message.contains("brain_memories differ") == true)
            #expect(try world.debris() == [])
            let list = try await world.keeper.list()
            #expect(!list[0].isProven)
            // One whose bytes are wrong is not even tried.
            try await world.shell(
                "printf X | dd of=\"$(echo dumps/*/memories.dump)\" bs=1 seek=99 conv=notrunc status=none")
            #expect(await backupError { _ = try await world.keeper.drill() }?.kind == .notFound)
        }
    }

    @Test("what others keep in the schema and can't be restored is told, and no failure")
    func others() async throws {
        try await World.with(rows: 20) { world in
            try await world.sql(
                "CREATE SCHEMA elsewhere; CREATE DOMAIN elsewhere.odd AS text; CREATE TABLE other (a elsewhere.odd)")
            _ = try await world.keeper.makeDump(reason: "request")
            let report = try await world.keeper.drill()
            #expect(
                report.memories == 20 && report.notes.contains { $0.contains("CREATE TABLE public.other") },
                "\(report.notes)")
        }
    }

    @Test("what a killed drill has left, a running server too, is cleared by the next run")
    func killed() async throws {
        try await World.with(rows: 20) { world in
            _ = try await world.keeper.makeDump(reason: "request")
            let keeper = world.keeper
            let root = world.root
            let folders = BackupFolders(root: root)
            let tools = BackupTools(
                configuration: keeper.configuration, folders: folders, queue: BlockingQueue(label: "test"),
                logger: world.fixture.log.logger)
            // As a drill would, which then is not there any more to remove it.
            let scratch = try await ScratchServer.start(tools, programs: try await tools.newestPrograms())
            let name = try #require(try world.debris().first)
            #expect(name.hasPrefix("incomplete-drill-"))
            #expect(try world.pids("postgres", naming: scratch.directory).count == 1)
            let next = Task { try await keeper.makeDump(reason: "request") }
            // The server's keeper here would start it again: it is stopped as soon as the server is gone.
            let isGone = try await world.disappears("postgres", naming: scratch.directory)
            #expect(isGone)
            await scratch.server.stop()
            _ = try? await next.value
            _ = try await keeper.makeDump(reason: "request")
            #expect(try world.debris() == [])
        }
    }
}
