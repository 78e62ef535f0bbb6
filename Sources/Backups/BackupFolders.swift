/// Where everything lies in a folder of backups.
///
///     lock                     held by the daemon that makes or removes a backup
///     dumps/ID/                memories.dump, manifest.json, SHA256SUMS, and proof.json once a drill has restored it
///     base/ID/                 data/ (a whole cluster), manifest.json, SHA256SUMS; no drill restores it, so it has no proof
///     wal/SYSTEM-TIMELINE-STAMP/   what pg_receivewal has received, and SHA256SUMS of its complete segments
///     incomplete-…             what a run is at, or a killed one has left behind
package struct BackupFolders: Sendable, Equatable {
    /// The folder of all backups, absolute.
    package let root: String

    package init(root: String) {
        self.root = root
    }

    package var lock: String { root + "/lock" }
    package var wal: String { root + "/wal" }

    /// The folder that holds all backups of a kind.
    package func all(_ kind: BackupKind) -> String {
        switch kind {
        case .dump: root + "/dumps"
        case .base: root + "/base"
        }
    }

    /// The folder of one backup.
    package func backup(_ kind: BackupKind, _ id: String) -> String { all(kind) + "/" + id }

    /// The beginning of the names of folders whose content is not complete.
    package static let incompletePrefix = "incomplete-"
    package static let dumpName = "memories.dump"
    package static let clusterName = "data"
    package static let manifestName = "manifest.json"
    package static let checksumsName = "SHA256SUMS"
    package static let proofName = "proof.json"
}

/// What a backup is a copy of.
public enum BackupKind: String, Sendable, Hashable, CaseIterable, Codable {
    /// The memories, as `pg_dump` writes them in its custom format.
    case dump

    /// The whole cluster's files, from which recovery goes on with the archived WAL.
    case base
}
