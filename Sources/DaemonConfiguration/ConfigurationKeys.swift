/// The table of every configuration key: the only place where a key, its default or its range is written.
public enum ConfigurationKeys {
    static let postgresURL = ConfigurationKey(
        "postgres.url", .connectionString, secret: true,
        "The PostgreSQL server (15 or newer) that keeps the memories.",
        "  postgresql://brain:password@db.example/brain",
        "  host=/run/postgresql dbname=brain user=brain",
        "Empty: the daemon runs a private PostgreSQL of its own, and managed.directory says where. With both given, "
            + "this server is used, and managed.directory is only the default place of the socket. Passwords are "
            + "shown as *** wherever the configuration is printed; but every user of the machine can see the flags "
            + "of a running program, so put a password into the file, the environment or a credential: LoadCredential=postgres.url:FILE "
            + "in the unit, where FILE holds the connection string. So too redis.url and backups.replication_url.")

    static let postgresPoolSize = ConfigurationKey(
        "postgres.pool_size", .integer(1...512), unit: "connections", default: "8",
        "How many connections to PostgreSQL are kept. Each has a thread of its own. Two more serve to look whether it is "
            + "well, and to learn of other daemons on the same database.")

    static let postgresMaxWaiting = ConfigurationKey(
        "postgres.max_waiting", .integer(1...65_536), unit: "requests", default: "4096",
        "How many requests may wait for a connection; those beyond it are answered busy.")

    static let postgresConnectTimeout = ConfigurationKey(
        "postgres.connect_timeout_ms", .integer(100...60_000), unit: "milliseconds", default: "2000",
        "How long one attempt to connect may take.")

    static let managedDirectory = ConfigurationKey(
        "managed.directory", .path, example: "/var/lib/brain-memoryd",
        "Where the daemon keeps its private PostgreSQL and Redis when postgres.url is empty. It is created when absent. "
            + "--managed DIR is short for it. One of managed.directory and postgres.url must be given.")

    static let managedUser = ConfigurationKey(
        "managed.user", .user, default: "postgres",
        "The user that runs the private PostgreSQL and Redis when the daemon is started by root, which PostgreSQL refuses. "
            + "Started by anyone else, the daemon runs it as that user.")

    static let managedPostgresBindir = ConfigurationKey(
        "managed.postgres_bindir", .path,
        "The folder of PostgreSQL's programs (initdb, postgres, …). Empty: they are searched for.")

    static let socketPath = ConfigurationKey(
        "socket.path", .path,
        "The Unix socket that agents connect to, at most \(socketPathMaxBytes) bytes long. Empty: brain.sock in "
            + "$RUNTIME_DIRECTORY, or else in managed.directory. --socket PATH is short for it.",
        "A daemon that systemd passes a socket serves that one (brain-memoryd.socket, whose ListenStream= says where): "
            + "then leave this empty, or make it equal. Its permissions and group are the socket unit's.")

    static let socketMode = ConfigurationKey(
        "socket.mode", .octal(0...0o777), default: "0660",
        "The permissions of the socket. Whoever may write to it may connect.")

    static let socketGroup = ConfigurationKey(
        "socket.group", .group,
        "The group that the socket is given. Empty: the daemon's own.")

    static let accessAdminGroup = ConfigurationKey(
        "access.admin_group", .group, reloadable: true,
        "The group whose members may call the administrative methods (clear all, cleanupExpired, and those about workers, backups and metrics). Root and the "
            + "daemon's own user always may. Empty: no one else.")

    static let accessRules = ConfigurationKey(
        "access.rules", .rules, default: "[]", reloadable: true,
        "Who may read and write the memories of which agents.",
        "  access.rules:",
        "    - \"user:alice read:* write:alice\"",
        "    - \"group:agents read:team-*,shared write:team-*\"",
        "    - \"uid:1001 read:bob\"",
        "A rule is a subject, then read:AGENTS, write:AGENTS or both. A subject is uid:N, gid:N, user:NAME or "
            + "group:NAME; names are looked up when the configuration is loaded. AGENTS are agent ids with commas "
            + "between: exact, all that begin alike (team-*), or all (*). Writing does not include reading. The "
            + "kernel says who a caller is and which groups it is in, supplementary ones included.",
        "Without any rule, whoever can open the socket may act for every agent. Once there is one, a caller may do "
            + "what the rules that match it allow, all taken together, and a caller that none matches may do "
            + "nothing. Root and the daemon's own user, where no rule matches them, may do everything.",
        "In the environment and in flags, rules stand with semicolons or newlines between them; the flag may be "
            + "given again for each rule. They replace the rules of the file.")

    /// Every key, in the order of the example file and of dumps.
    public static let all: [ConfigurationKey] = [
        postgresURL, postgresPoolSize, postgresMaxWaiting, postgresConnectTimeout,
        redisURL, redisKeyPrefix, redisTimeToLive, redisMaxAnswerBytes, cacheLocalMaxBytes,
        managedDirectory, managedUser, managedPostgresBindir, managedRedis, managedRedisProgram, managedRedisMaxMemory,
        socketPath, socketMode, socketGroup,
        maxFrameBytes, frameTimeout, maxConnections, maxConnectionsPerUser, maxInFlightPerConnection, maxInFlight,
        maxInFlightPerUser, maxQueueWait, maxBufferedBytesPerConnection, maxBufferedBytes, maxBufferedBytesPerUser,
        shutdownGrace,
        defaultDeadline,
        statsMaxAge, expiryCleanup, statsRefresh, cacheCounters,
        backupsDirectory, backupsReplicationURL, backupsDump, backupsDumpAfterWrites, backupsDumpBeforeMigration,
        backupsBase, backupsWAL, backupsVerify, backupsDrill, backupsKeepDaily, backupsKeepWeekly, backupsKeepMonthly,
        backupsKeepBase, backupsMaxAge, backupsMinFree,
        accessAdminGroup, accessRules, logLevel, logTarget, logFormat, logSlowRequest,
        metricsTextfileDirectory, metricsTextfileInterval, metricsInstance,
    ]

    /// Flags that are short for a key's own.
    public static let shortFlags: [String: ConfigurationKey] = ["--socket": socketPath, "--managed": managedDirectory]

    /// Variables that begin with `BRAIN_` but belong to other programs, with what they are for; the daemon takes no
    /// notice of them. Any other unknown `BRAIN_` variable is an error, since it is a mistyped key.
    public static let foreignVariables: [String: String] = ["BRAIN_SOCKET": "the socket that brainctl connects to"]

    /// The longest path that fits a Unix socket's address on Linux, in bytes: `sun_path` has 108, one of them NUL
    /// (unix(7)).
    public static let socketPathMaxBytes = 107

    /// The key of that dotted name.
    static func key(named name: String) -> ConfigurationKey? { byName[name] }

    /// Whether a dotted name is the first part of some key's, such as `limits`.
    static func isGroup(_ name: String) -> Bool { all.contains { $0.name.hasPrefix(name + ".") } }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
