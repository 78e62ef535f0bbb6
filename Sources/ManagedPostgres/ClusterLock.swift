import ProcessSupervision

extension FileLock {
    /// Takes `DIR/lock`, so that two daemons never manage one cluster.
    static func ofCluster(_ path: String, queue: BlockingQueue) async throws(ManagedPostgresError) -> FileLock {
        try await queue.run { () throws(ManagedPostgresError) in
            try FileLock(path: path) { holder in
                "\(path) is locked by \(holder): another brain-memoryd manages this folder. "
                    + "Stop it, or give this one a folder of its own with --managed."
            }
        }
    }
}
