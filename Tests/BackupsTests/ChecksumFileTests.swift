import Foundation
import Testing

@testable import Backups

@Suite struct ChecksumFileTests {
    private let digest = String(repeating: "0123456789abcdef", count: 4)

    @Test("what is written is read")
    func roundTrip() throws {
        let file = ChecksumFile([
            .init(digest: digest, path: "data/a b"), .init(digest: digest, path: "a"),
            .init(digest: digest, path: "data/ü"),
        ])
        #expect(file.entries.map(\.path) == ["a", "data/a b", "data/ü"])
        #expect(ChecksumFile(file.bytes) == file)
    }

    @Test("anything else is no such file")
    func strictness() {
        for text in [
            "", "\n", "\(digest)  a", "\(digest) a\n", "\(digest) *a\n", "\(digest)  \n", "\(digest)  a\n\n",
            "\(digest.uppercased())  a\n", "\(digest.dropLast())  a\n", "\(digest)0  a\n", "\\\(digest)  a\\\\b\n",
            "\(digest)  a\r\n", "\(digest)  a\n\(digest)  a\n", "\(digest)  b\n\(digest)  a\n", "# x\n\(digest)  a\n",
        ] {
            #expect(ChecksumFile(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(ChecksumFile(Array("\(digest)  ".utf8) + [0xff, 0x0a]) == nil)
    }

    @Test("no flip of a bit leaves it the same and readable")
    func flips() throws {
        let file = ChecksumFile([
            .init(digest: digest, path: "manifest.json"), .init(digest: digest, path: "memories.dump"),
        ])
        let bytes = file.bytes
        for place in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[place] ^= 1 << UInt8(bit)
                #expect(ChecksumFile(other) != file)
            }
        }
    }

    @Test("a long list of files is cut to fit on command lines")
    func batches() {
        let paths = (0..<9_000).map { "data/base/\($0)" }
        let batches = BackupTools.batches(paths)
        #expect(batches.flatMap { $0 } == paths)
        #expect(batches.count > 1 && batches.allSatisfy { $0.reduce(0) { $0 + $1.utf8.count + 1 } < 128 << 10 })
        #expect(BackupTools.batches([]) == [])
    }

    @Test("a proof that is changed in any byte is none")
    func proof() throws {
        let proof = BackupProof(
            id: "dump-20261126T030000Z-1a2b3c4d", restoredAt: Date(), serverVersion: "15.1", productVersion: "0.1.0",
            tables: [.init(name: "brain_memories", rows: 3, digest: "ab")], checksums: digest)
        let bytes = DocumentCoding.encode(proof)
        #expect(BackupProof(bytes) == proof)
        for place in bytes.indices {
            var other = bytes
            other[place] ^= 1 << UInt8.random(in: 0..<8)
            #expect(BackupProof(other) == nil)
        }
        #expect(BackupProof(bytes.dropLast()) == nil)
    }

    @Test("absurd manifests are none")
    func manifests() {
        for text in [
            "", "{}", "[]", "null", "{\"format\": 2}", String(repeating: "[", count: 100_000),
            String(repeating: "{\"a\":", count: 100_000), "{\"format\": 1e400}", "\u{feff}{}",
            #"{"format":1,"id":1,"kind":"dump"}"#,
        ] {
            #expect(BackupManifest.decode(Array(text.utf8)) == nil)
        }
        let manifest = BackupManifest(
            id: "dump-20261126T030000Z-1a2b3c4d", kind: .dump, startedAt: Date(timeIntervalSince1970: 1_795_000_000),
            reason: "request", productVersion: "0.1.0", serverVersion: "15.1")
        #expect(BackupManifest.decode(manifest.encoded()) == manifest)
    }

    @Test("room: a fifth more than the last, and what must stay free")
    func space() throws {
        #expect(FreeSpace.needed(expected: 1_000, minimumFree: 10) == 1_210)
        #expect(FreeSpace.needed(expected: .max, minimumFree: .max) == .max)
        try FreeSpace.check(free: 1_210, expected: 1_000, minimumFree: 10, at: "/b")
        #expect(throws: BackupError.self) {
            try FreeSpace.check(free: 1_209, expected: 1_000, minimumFree: 10, at: "/b")
        }
    }
}
