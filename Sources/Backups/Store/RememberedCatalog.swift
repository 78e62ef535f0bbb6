import Synchronization

/// Keeps the one catalog of a keeper.
final class RememberedCatalog: Sendable {
    private let kept = Mutex<BackupCatalog?>(nil)

    /// The catalog of this folder; made when there is none, or one of another folder.
    func catalog(_ root: String, _ make: () -> BackupCatalog) -> BackupCatalog {
        kept.withLock { kept in
            if let kept, kept.tools.folders.root == root { return kept }
            let catalog = make()
            kept = catalog
            return catalog
        }
    }
}
