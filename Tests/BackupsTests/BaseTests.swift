import Foundation
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

@Suite struct BaseTests {
    @Test("a base backup is made, verified, listed as good, and tells where recovery begins and ends")
    func endToEnd() async throws {
        try await World.with(isAlone: true) { world in
            let manifest = try await world.keeper.makeBase(reason: "schedule")
            #expect(manifest.timeline == 1 && manifest.bytes > 1 << 20)
            #expect(
                try await world.sql("SELECT system_identifier FROM pg_control_system()") == [manifest.systemIdentifier])
            let (start, end) = (try #require(manifest.startLSN), try #require(manifest.endLSN))
            #expect(
                try await world.sql("SELECT '\(start)'::pg_lsn < '\(end)' AND '\(end)' <= pg_current_wal_lsn()") == [
                    "t"
                ])
            #expect(try await world.sql("SELECT count(*) FROM pg_replication_slots") == ["0"])
            let list = try await world.keeper.list()
            #expect(list.map(\.id) == [manifest.id] && list[0].isGood, "\(list.map(\.problems))")
            #expect(try await world.keeper.verify().map(\.problems) == [[]])
            #expect(manifest.emptyFolders?.contains("pg_twophase") == true)
            #expect(
                try await world.shell("cd base/*/ && sha256sum --quiet -c SHA256SUMS && stat -c %a . data") == [
                    "700", "700",
                ])
            #expect(try world.debris() == [])
            let dump = try await world.keeper.makeDump(reason: "request")
            #expect(Set(try await world.keeper.list().map(\.id)) == [manifest.id, dump.id])
        }
    }

    @Test("a cluster with tablespaces elsewhere is refused")
    func tablespaces() async throws {
        try await World.with(rows: 0, isAlone: true) { world in
            let place = world.fixture.folder + "/space"
            _ = try ServerFiles.makeDirectory(place, mode: 0o700, owner: world.fixture.identity)
            try await world.sql("CREATE TABLESPACE elsewhere LOCATION '\(place)'")
            let error = await backupError { _ = try await world.keeper.makeBase(reason: "request") }
            #expect(error?.kind == .unsupported && error?.message.contains("tablespaces") == true)
            #expect(try world.debris() == [])
        }
    }
}
