/// The server's settings, and the files that carry them. They are written anew on each start, so an upgrade of the
/// daemon brings its settings along.
struct ServerSettings: Sendable {
    var socketFolder: String
    var maximumConnections: Int
    var sharedBuffersBytes: Int
    /// What this machine or control group has.
    var memoryBytes: Int
    /// The server's user and the daemon's: the only ones who may connect.
    var serverUser: String
    var daemonUser: String
    /// The standby that commits wait for.
    var synchronousStandby: String?
    /// How much WAL slots may keep.
    var slotWALBytes = 4 << 30
    /// False for a cluster that is thrown away.
    var isDurable = true

    /// The database, and the role that owns it. Not the cluster's superuser: a hole in the daemon's SQL would then be a
    /// shell (`COPY … TO PROGRAM`), while an owner can do all that the daemon needs within its own database. The
    /// superuser `postgres` stays for backups and repair, for the same two system users.
    static let database = "brain"
    static let role = "brain"
    static let superuser = "postgres"
    /// The name of our settings file within the cluster.
    static let fileName = "brain-memoryd.conf"

    /// What durability and privacy rest on. Given on the server's command line too, which outranks every file and
    /// `ALTER SYSTEM`: no slip of a hand in the cluster's folder turns fsync off or opens a port.
    var promises: [(name: String, value: String)] {
        [
            ("listen_addresses", ""),
            ("port", "\(ClusterLayout.port)"),
            ("unix_socket_directories", socketFolder),
            ("unix_socket_permissions", "0700"),
            ("fsync", isDurable ? "on" : "off"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("wal_level", "replica"),
            // Also when empty: a name left behind by hand would keep every write waiting for a standby that is none.
            ("synchronous_standby_names", synchronousStandby.map { Self.doubleQuoted($0) } ?? ""),
            // The daemon reads the log from the pipe, and knows its form.
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
            ("log_line_prefix", ServerLogLine.prefixSetting),
            ("lc_messages", "C"),
        ]
    }

    /// What may be tuned by hand with `ALTER SYSTEM`.
    var tuning: [(name: String, value: String)] {
        [
            ("cluster_name", "brain-memoryd"),
            ("max_connections", "\(maximumConnections)"),
            ("shared_buffers", "\(sharedBuffersBytes / 1024)kB"),
            // Only a hint for the planner: what the system may come to hold of our files in its cache.
            ("effective_cache_size", "\(memoryBytes / 2 / 1024)kB"),
            ("maintenance_work_mem", "64MB"),
            // Solid-state disks: a random page costs about as much as the next one, so indexes are used.
            ("random_page_cost", "1.1"),
            // Queries here take less time than compiling them.
            ("jit", "off"),
            // Room for a burst of stores between checkpoints, and still a recovery of seconds.
            ("max_wal_size", "1GB"),
            ("min_wal_size", "80MB"),
            ("checkpoint_timeout", "5min"),
            // The archive of WAL must not fill the server's disk while it can't be written itself.
            ("max_slot_wal_keep_size", synchronousStandby == nil ? "\(slotWALBytes >> 20)MB" : "-1"),
            // Expiry and replacement leave dead rows all the time: clean in small steps, and keep the visibility map
            // fresh.
            ("autovacuum_naptime", "20s"),
            ("autovacuum_vacuum_scale_factor", "0.05"),
            ("autovacuum_vacuum_insert_scale_factor", "0.05"),
            ("autovacuum_analyze_scale_factor", "0.02"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("log_min_messages", "warning"),
            // A failing statement's text would carry memories into the log.
            ("log_min_error_statement", "panic"),
            // So would the details of an error, which quote rows and keys.
            ("log_error_verbosity", "terse"),
            ("log_checkpoints", "off"),
        ]
    }

    /// The arguments that make the promises hold.
    var arguments: [String] {
        promises.flatMap { ["-c", "\($0.name)=\($0.value)"] }
    }

    /// The text of our settings file.
    var file: String {
        Self.header + (promises + tuning).map { "\($0.name) = \(Self.quoted($0.value))\n" }.joined()
    }

    /// The text of `pg_hba.conf`: who may connect.
    ///
    /// Two walls. The socket's folder is 0700 and owned by the server's user, so only that user and root reach the
    /// socket at all; nothing listens on TCP. Behind it, `peer` asks the kernel who is calling, and the map lets in the
    /// server's user and the daemon's. `trust` would do with the first wall alone, but then one careless chmod of the
    /// folder would give everyone on the machine the superuser.
    var accessFile: String {
        Self.header + "local all all peer map=brain\nlocal replication all peer map=brain\n"
    }

    /// The text of `pg_ident.conf`: which system user may be which role.
    var identityFile: String {
        let users = serverUser == daemonUser ? [serverUser] : [serverUser, daemonUser]
        let lines = users.flatMap { user in
            [Self.role, Self.superuser].map { "brain \(Self.doubleQuoted(user)) \($0)\n" }
        }
        return Self.header + lines.joined()
    }

    /// What libpq needs to connect (PostgreSQL manual, 34.1.1 "Connection Strings").
    var connectionInfo: String {
        "host=\(Self.escaped(socketFolder)) port=\(ClusterLayout.port) dbname=\(Self.database) user=\(Self.role)"
    }

    /// What libpq needs to connect as the superuser: for backups, replication and repair.
    var administrativeConnectionInfo: String {
        "host=\(Self.escaped(socketFolder)) port=\(ClusterLayout.port) dbname=postgres user=\(Self.superuser)"
    }

    private static let header =
        "# Written by brain-memoryd on each start: changes here are lost.\n"
        + "# To tune the server, connect as role postgres and use ALTER SYSTEM.\n"

    /// A value in a settings file: quotes doubled, backslashes too (19.1.2 "Parameter Interaction via the Configuration
    /// File").
    static func quoted(_ value: String) -> String {
        "'" + value.map { $0 == "'" ? "''" : $0 == "\\" ? "\\\\" : String($0) }.joined() + "'"
    }

    private static func doubleQuoted(_ value: String) -> String {
        "\"" + value.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }

    private static func escaped(_ value: String) -> String {
        "'" + value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
