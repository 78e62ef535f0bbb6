import Foundation
import Glibc
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

/// Whatever happens to a file of a backup, the backup is not listed as good.
@Suite(.serialized) struct MutationTests {
    /// A generator that a seed repeats (SplitMix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }

    /// Something that happens to one file.
    private enum Mutation: CaseIterable {
        case flip, cut, empty, delete, append, replace, link, fifo, folder
    }

    @Test("150 mutations of a dump: each is noticed, and so is its undoing")
    func dump() async throws {
        try await World.with(rows: 100) { world in
            _ = try await world.keeper.makeDump(reason: "request")
            try await mutate(world, count: 150, seed: 1)
        }
    }

    @Test("50 mutations of a base backup: each is noticed, and so is its undoing")
    func base() async throws {
        try await World.with(rows: 100, isAlone: true) { world in
            _ = try await world.keeper.makeBase(reason: "request")
            try await mutate(world, count: 50, seed: 2)
        }
    }

    private func mutate(_ world: World, count: Int, seed: UInt64) async throws {
        var generator = Seeded(state: seed)
        let backup = try await world.keeper.list()[0]
        try #require(backup.isGood)
        let tree = try FolderTree(backup.path)
        let files = tree.files.map(\.path)
        // The small documents as often as all else together.
        let documents = ["manifest.json", "SHA256SUMS"]
        for _ in 0..<count {
            let isDocument = Bool.random(using: &generator)
            let pool = isDocument ? documents : files
            let file = backup.path + "/" + (pool.randomElement(using: &generator) ?? "manifest.json")
            let mutation = Mutation.allCases.randomElement(using: &generator) ?? .flip
            let before = try Data(contentsOf: URL(fileURLWithPath: file))
            try apply(mutation, to: file, before, &generator)
            let list = try await world.keeper.list()
            #expect(list.count == 1 && !list[0].isGood && !list[0].problems.isEmpty, "\(mutation) of \(file)")
            try undo(file, before)
        }
        try await structural(world, backup)
        let list = try await world.keeper.list()
        #expect(list.map(\.isGood) == [true], "\(list[0].problems)")
        #expect(try await world.keeper.verify().map(\.problems) == [[]])
    }

    private func apply(_ mutation: Mutation, to file: String, _ before: Data, _ generator: inout Seeded) throws {
        var bytes = before
        switch mutation {
        case .flip where !bytes.isEmpty:
            bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case .cut where !bytes.isEmpty: bytes = bytes.prefix(Int.random(in: bytes.indices, using: &generator))
        case .empty where !bytes.isEmpty: bytes = Data()
        case .replace where !bytes.isEmpty:
            bytes = Data((0..<bytes.count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        case .delete, .link, .fifo, .folder:
            unlink(file)
            if mutation == .link { symlink("/etc/passwd", file) }
            if mutation == .fifo { mkfifo(file, 0o600) }
            if mutation == .folder { mkdir(file, 0o700) }
            return
        default: bytes.append(UInt8.random(in: 0...255, using: &generator))
        }
        try write(bytes, to: file)
    }

    private func undo(_ file: String, _ before: Data) throws {
        rmdir(file)
        unlink(file)
        try write(before, to: file)
    }

    private func write(_ bytes: Data, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("open", file) }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw ServerFiles.failure("write", file) }
    }

    /// What happens to the folder rather than to a file.
    private func structural(_ world: World, _ backup: BackupListing) async throws {
        let path = backup.path
        var pairs = [
            ("echo x > \(path)/added", "rm \(path)/added"), ("echo x > \(path)/.hidden", "rm \(path)/.hidden"),
            ("mkdir \(path)/folder", "rmdir \(path)/folder"), ("ln -s / \(path)/link", "rm \(path)/link"),
            ("mv \(path) \(path)x", "mv \(path)x \(path)"),
            ("mv \(path) \(path.dropLast())0z", "mv \(path.dropLast())0z \(path)"),
            ("mv \(path) keep; touch \(path)", "rm \(path); mv keep \(path)"),
            ("mv \(path) keep; ln -s \(world.root)/keep \(path)", "rm \(path); mv keep \(path)"),
            (
                "cp \(path)/manifest.json keep; sed -i 's/request/writes/' \(path)/manifest.json",
                "cat keep > \(path)/manifest.json; rm keep"
            ),
            ("cp \(path)/SHA256SUMS keep; sed -i '1d' \(path)/SHA256SUMS", "cat keep > \(path)/SHA256SUMS; rm keep"),
            ("cp \(path)/SHA256SUMS keep; tac keep > \(path)/SHA256SUMS", "cat keep > \(path)/SHA256SUMS; rm keep"),
            (
                "cp \(path)/SHA256SUMS keep; sed -i 's/  / */' \(path)/SHA256SUMS",
                "cat keep > \(path)/SHA256SUMS; rm keep"
            ),
            (
                "cp \(path)/manifest.json keep; head -c 2000000 /dev/zero > \(path)/manifest.json",
                "cat keep > \(path)/manifest.json; rm keep"
            ),
        ]
        if backup.kind == .base {
            pairs += [
                ("rmdir \(path)/data/pg_twophase", "mkdir \(path)/data/pg_twophase"),
                ("mkdir \(path)/data/pg_new", "rmdir \(path)/data/pg_new"),
                ("echo > \(path)/data/pg_wal/archive_status/x", "rm \(path)/data/pg_wal/archive_status/x"),
            ]
        }
        for (change, undo) in pairs {
            try await world.shell(change)
            let list = try await world.keeper.list()
            #expect(list.count == 1 && !list[0].isGood, "\(change)")
            try await world.shell(undo)
        }
    }
}
