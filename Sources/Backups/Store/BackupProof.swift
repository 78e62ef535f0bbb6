public import Foundation

/// That a backup was restored and its content compared: `proof.json` beside it.
public struct BackupProof: Codable, Sendable, Equatable {
    /// The version of this form; 1.
    public var format = 1

    /// The backup.
    public var id: String

    /// When it was restored.
    public var restoredAt: Date

    /// The version of the server that it was restored into.
    public var serverVersion: String

    /// The version of the daemon that did it.
    public var productVersion: String

    /// What was counted and hashed in the restored database.
    public var tables: [BackupManifest.Table]

    /// The SHA-256 of the backup's `SHA256SUMS`: the proof is of just these files.
    public var checksums: String

    /// A hash of all the above, so that a damaged proof is none.
    public var seal = ""

    /// Makes a proof of its parts, and seals it.
    init(
        id: String, restoredAt: Date, serverVersion: String, productVersion: String, tables: [BackupManifest.Table],
        checksums: String
    ) {
        self.id = id
        self.restoredAt = Date(timeIntervalSince1970: restoredAt.timeIntervalSince1970.rounded(.down))
        self.serverVersion = serverVersion
        self.productVersion = productVersion
        self.tables = tables
        self.checksums = checksums
        seal = properSeal
    }

    /// Reads `proof.json`; nil when the bytes are no proof, or one that was changed.
    init?(_ bytes: [UInt8]) {
        guard let proof = DocumentCoding.decode(BackupProof.self, bytes), proof.format == 1,
            proof.seal == proof.properSeal, DocumentCoding.encode(proof) == bytes
        else { return nil }
        self = proof
    }

    private var properSeal: String {
        var open = self
        open.seal = ""
        var row = RowHash()
        DocumentCoding.encode(open).withUnsafeBytes { row.update($0) }
        var digest = ContentDigest()
        digest.add(row)
        return digest.hexadecimal
    }
}
