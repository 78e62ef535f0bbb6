import Foundation
import ProcessSupervision

/// The backups to restore from, as their manifests tell.
struct RestoreCatalog: Sendable {
    /// Base backups, newest first.
    var bases: [BackupManifest] = []
    /// Dumps, newest first.
    var dumps: [BackupManifest] = []

    /// A manifest of more than this is none. In bytes.
    private static let maximumBytes = 1 << 20

    /// Reads every manifest. A folder without a readable one is no backup. Blocks.
    static func read(_ folders: BackupFolders) throws(ManagedServerError) -> RestoreCatalog {
        RestoreCatalog(bases: try manifests(.base, folders), dumps: try manifests(.dump, folders))
    }

    private static func manifests(
        _ kind: BackupKind, _ folders: BackupFolders
    ) throws(ManagedServerError) -> [BackupManifest] {
        let root = folders.all(kind)
        guard try ServerFiles.kind(of: root)?.isDirectory == true else { return [] }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        var found: [BackupManifest] = []
        for id in try ServerFiles.names(in: root) where !id.hasPrefix(BackupFolders.incompletePrefix) {
            let path = root + "/" + id + "/" + BackupFolders.manifestName
            guard let text = (try? ServerFiles.text(of: path, limit: maximumBytes)) ?? nil,
                let manifest = try? decoder.decode(BackupManifest.self, from: Data(text.utf8)), manifest.id == id,
                manifest.kind == kind, manifest.format == 1
            else { continue }
            found.append(manifest)
        }
        return found.sorted { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) }
    }
}
