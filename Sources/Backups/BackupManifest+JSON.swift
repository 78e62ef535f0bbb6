import Foundation
import ProcessSupervision

extension BackupManifest {
    /// The text of `manifest.json`: keys sorted, times in RFC 3339, to the second.
    package func encoded() -> [UInt8] { DocumentCoding.encode(self) }

    /// Reads `manifest.json`; nil when the bytes are none.
    package static func decode(_ bytes: [UInt8]) -> BackupManifest? {
        guard let manifest = DocumentCoding.decode(BackupManifest.self, bytes), manifest.format == 1 else { return nil }
        return manifest
    }

    /// Reads the manifest in a backup's folder. Blocks.
    ///
    /// - Throws: when there is none that is readable, whole and at most 1 MiB.
    package static func read(folder: String) throws(ManagedServerError) -> BackupManifest {
        let path = folder + "/" + BackupFolders.manifestName
        guard let bytes = try RegularFile.bytes(of: path, limit: BackupLimits.documentBytes) else {
            throw ManagedServerError(.fileFailure, "\(path) is missing")
        }
        guard let manifest = decode(bytes) else {
            throw ManagedServerError(.fileFailure, "\(path) is not the manifest of a backup")
        }
        return manifest
    }
}

/// How the small documents of a backup are written and read.
enum DocumentCoding {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        // Only numbers that are no numbers can fail, and these documents have none.
        guard let data = try? encoder.encode(value) else { return [] }
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(type, from: Data(bytes))
    }
}
