import ProcessSupervision

/// Tells what lies in the folder of a cluster before anything is done to it.
enum ClusterFolder {
    /// The cluster's major version, or nil when there is no cluster yet (no folder, or an empty one). Blocks.
    ///
    /// - Throws: when the folder holds something else, or belongs to somebody else.
    static func majorVersion(of layout: ClusterLayout, identity: ProcessIdentity) throws(ManagedPostgresError) -> Int? {
        if try ServerFiles.kind(of: layout.root + "/PG_VERSION") != nil {
            throw ManagedPostgresError(
                .foreignFolder,
                "\(layout.root) is itself a PostgreSQL cluster, not a folder of brain-memoryd. "
                    + "Choose an empty folder, or use that server with postgres.url.")
        }
        guard let kind = try ServerFiles.kind(of: layout.data) else { return nil }
        guard kind.isDirectory else {
            throw ManagedPostgresError(
                .foreignFolder, "\(layout.data) is not a folder. Move it away, or choose another folder.")
        }
        let owned = kind.owner == identity.userID
        let foreign = ManagedPostgresError(
            .foreignFolder,
            "\(layout.data) belongs to user id \(kind.owner), but the server would run as '\(identity.userName)' "
                + "(\(identity.userID)). Start the daemon as before, or give the folder away "
                + "(chown -R \(identity.userName) \(layout.data)).")
        // Root looks into any folder, and so can say more of what is in it.
        guard owned || identity.isSwitch else { throw foreign }
        guard let text = try ServerFiles.text(of: layout.data + "/PG_VERSION", limit: 64) else {
            if try ServerFiles.names(in: layout.data).isEmpty { return nil }
            throw ManagedPostgresError(
                .foreignFolder,
                "\(layout.data) is not empty and holds no PostgreSQL cluster (it has no PG_VERSION). "
                    + "Move it away, or choose another folder.")
        }
        guard let version = Int(text.filter { !$0.isWhitespace }) else {
            throw ManagedPostgresError(
                .foreignFolder,
                "\(layout.data)/PG_VERSION should hold a major version such as 15, but holds '\(text.prefix(20))'. "
                    + "Restore the cluster from a backup, or choose another folder.")
        }
        guard owned else { throw foreign }
        return version
    }
}
