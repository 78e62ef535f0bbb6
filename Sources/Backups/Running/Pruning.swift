import Glibc
import LogEvents
import Logging
import ProcessSupervision

/// Removes the backups that ``RetentionPolicy`` does not keep. Only under the lock.
struct Pruning: Sendable {
    let tools: BackupTools
    let catalog: BackupCatalog

    /// Removes those of a kind, but never the one that was just made: when the clock was set back, it looks older than it
    /// is. Each loses its name first: a crash in between leaves an incomplete folder for the next run,
    /// not half a backup under a good name.
    func prune(_ kind: BackupKind, except made: BackupID) async throws(BackupError) {
        let items = try await catalog.list().compactMap { listing in
            BackupID(listing.id).map { RetentionPolicy.Item(id: $0, isGood: listing.isGood) }
        }
        for id in RetentionPolicy(tools.configuration).removals(kind, among: items) where id != made {
            let folders = tools.folders
            let removed = folders.root + "/" + BackupFolders.incompletePrefix + "removed-" + id.text
            try await tools.blocking { () throws(ManagedServerError) in
                try ServerFiles.rename(folders.backup(kind, id.text), to: removed)
                try ServerFiles.synchronize(folders.all(kind))
            }
            try await tools.remove(removed)
            tools.logger.log(
                .backupRemoved, .notice, "removed a backup beyond those to keep: \(id.text)",
                metadata: ["backup": "\(id.text)"])
        }
    }
}
