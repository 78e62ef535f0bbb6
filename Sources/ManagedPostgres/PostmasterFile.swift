import ProcessSupervision

/// What a running server writes into `postmaster.pid` (PostgreSQL source, `miscadmin.h`: one fact a line).
struct PostmasterFile: Sendable, Equatable {
    /// Its process id. Negative for a single-user backend.
    var pid: Int32
    /// "starting", "ready", "stopping", "standby"; nil while it is not yet written.
    var status: String?

    /// Reads the file's text; nil when it has no pid.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let pid = Int32(first.filter { $0 != " " }) else { return nil }
        self.pid = pid
        let status = lines.count > 7 ? lines[7].filter { $0 != " " } : ""
        self.status = status.isEmpty ? nil : String(status)
    }

    /// Reads the file of the cluster in this folder; nil when there is none. Blocks.
    static func read(cluster: String) throws(ManagedPostgresError) -> PostmasterFile? {
        try ServerFiles.text(of: path(cluster: cluster), limit: 4096).flatMap { PostmasterFile($0) }
    }

    /// Where the file lies.
    static func path(cluster: String) -> String { cluster + "/postmaster.pid" }
}
