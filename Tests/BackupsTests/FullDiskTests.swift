import Foundation
import Glibc
import MonotonicClock
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

@Suite struct FullDiskTests {
    @Test("the disk runs full: an error within seconds that says so, the last good one kept")
    func fullDisk() async throws {
        try await World.with(rows: 50) { world in
            guard try await mount(world, megabytes: 16) else {
                print("not tested: a full disk (this user can't mount a file system)")
                return
            }
            do {
                let keeper = world.keeper { $0.minimumFreeBytes = 0 }
                let good = try await keeper.makeDump(reason: "request")
                // There would be room for one like the last, but the next is much larger.
                try await world.sql(
                    """
                    INSERT INTO brain_memories (id, agent_id, "timestamp", context)
                    SELECT 'r' || n, 'a', now(), jsonb_build_object('x', (SELECT string_agg(md5(random()::text || k), '')
                        FROM generate_series(n, n + 99) AS k)) FROM generate_series(1, 3000) AS n
                    """)
                let free = try FreeSpace.bytes(at: world.root)
                try await world.shell("head -c \(free - (1 << 20)) /dev/zero > filler")
                let begin = MonotonicInstant.now
                let error = await backupError { _ = try await keeper.makeDump(reason: "request") }
                #expect(error?.message.contains("No space left") == true)
                #expect(error?.kind == .diskFull, "\(String(describing: error))")
                // Refused beforehand for want of room, unless the first one is said to have been small.
                let manifest = BackupManifest(
                    id: "base-20200101T000000Z-00000001", kind: .base, startedAt: Date(), reason: "",
                    productVersion: "",
                    serverVersion: "")
                let early = await backupError { _ = try await keeper.makeBase(reason: "request") }
                #expect(early?.kind == .diskFull && early?.message.contains("backups.min_free_bytes") == true)
                try await world.shell("mkdir base/\(manifest.id)")
                try RegularFile.write(
                    manifest.encoded(), to: world.folders.backup(.base, manifest.id) + "/manifest.json")
                let baseError = await backupError { _ = try await keeper.makeBase(reason: "request") }
                #expect(baseError?.kind == .diskFull, "\(String(describing: baseError))")
                #expect(.now - begin < .seconds(20))
                try await world.shell("rm -r base/\(manifest.id) filler")
                try await world.expectOnly(good)
                #expect(try await keeper.verify(good.id)[0].isGood)
            } catch {
                try await unmount(world)
                throw error
            }
            try await unmount(world)
        }
    }

    private func mount(_ world: World, megabytes: Int) async throws -> Bool {
        guard geteuid() == 0 else { return false }
        _ = try ServerFiles.makeDirectory(world.root, mode: 0o711)
        let run = try await world.fixture.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=711", "tmpfs", world.root], as: .me)
        return run.exit == .exited(0)
    }

    private func unmount(_ world: World) async throws {
        _ = try await world.fixture.run("/bin/umount", [world.root], as: .me)
    }
}
