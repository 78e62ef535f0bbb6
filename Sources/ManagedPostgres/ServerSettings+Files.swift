import Glibc
import ProcessSupervision

extension ServerSettings {
    /// Writes the files that carry the settings into a cluster. Blocks.
    func write(into cluster: String, identity: ProcessIdentity) throws(ManagedPostgresError) {
        let files = [(Self.fileName, file), ("pg_hba.conf", accessFile), ("pg_ident.conf", identityFile)]
        for (name, text) in files {
            try ServerFiles.replace(cluster + "/" + name, with: text, mode: 0o600, owner: identity)
        }
    }

    /// The line by which `postgresql.conf` reads our file. "if_exists", so that the server's own programs can use the
    /// cluster before our file is written.
    private static let includeLine = "include_if_exists = '\(fileName)'"

    /// Makes `postgresql.conf` read our file, last. Blocks.
    static func includeFile(in cluster: String) throws(ManagedPostgresError) {
        let path = cluster + "/postgresql.conf"
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw ServerFiles.failure("open", path) }
        defer { close(descriptor) }
        let text = "\n# brain-memoryd writes this file on each start.\n\(includeLine)\n"
        try ServerFiles.writeAll(text, to: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw ServerFiles.failure("sync", path) }
    }

    /// Makes a copy of some cluster one of ours. One that was not has its settings put aside, under names that end in
    /// `.before-restore`: they name files and folders of another place, Debian's lie outside of the cluster altogether, and
    /// what was set by `ALTER SYSTEM` there may keep it from starting here. Returns whether it was one of ours. Blocks.
    static func adopt(_ cluster: String, identity: ProcessIdentity) throws(ManagedPostgresError) -> Bool {
        let main = cluster + "/postgresql.conf"
        let text = try ServerFiles.text(of: main, limit: 1 << 20)
        if let text, text.split(separator: "\n").contains(includeLine[...]) { return true }
        for path in [main, cluster + "/postgresql.auto.conf"] where try ServerFiles.kind(of: path) != nil {
            try ServerFiles.rename(path, to: path + ".before-restore")
        }
        try ServerFiles.replace(
            main, with: "# Made when brain-memoryd restored this cluster.\n\(includeLine)\n", mode: 0o600,
            owner: identity)
        try ServerFiles.replace(cluster + "/postgresql.auto.conf", with: "", mode: 0o600, owner: identity)
        return false
    }
}
