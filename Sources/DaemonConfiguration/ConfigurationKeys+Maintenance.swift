/// The keys about what the daemon does by itself.
extension ConfigurationKeys {
    static let expiryCleanup = ConfigurationKey(
        "workers.expiry_cleanup", .schedule, default: "every 1m",
        "When expired memories are deleted for good. They are in no answer from the instant on when they expire, whatever "
            + "is set here.",
        "  every 90s        so long after the beginning of the run before: s, m, h or d",
        "  daily 03:30      at a time of the machine's time zone",
        "  weekly sun 03:30",
        "  monthly 1 03:30",
        "  off              only when asked for: brainctl worker run expiry-cleanup",
        "This is so for every schedule here. Runs begin up to a minute late (intervals: up to a tenth longer), so that not "
            + "everything begins at once. Daemons on one database share the work: each run is one daemon's. A run that "
            + "failed is tried again within ten minutes.")

    static let statsRefresh = ConfigurationKey(
        "workers.stats_refresh", .schedule, default: "every 1m",
        "When brain_memory_stats is brought up to date. A run costs as much as there were changes. It also runs when "
            + "statistics are asked for that are older than stats.max_age_ms.")

    static let cacheCounters = ConfigurationKey(
        "workers.cache_counters", .schedule, default: "every 1m",
        "When each daemon writes down how many reads its cache answered, for brainctl stats --history.")

    static let backupsDirectory = ConfigurationKey(
        "backups.directory", .path,
        "The folder of the backups; created when absent, its parent must exist. Put it on another disk than "
            + "PostgreSQL's. Daemons on one database must share it. Empty: backups in managed.directory, or without a private "
            + "PostgreSQL no backups at all.")

    static let backupsReplicationURL = ConfigurationKey(
        "backups.replication_url", .connectionString, secret: true,
        "How base backups and the stream of WAL connect: as a role with the attribute REPLICATION, which pg_hba.conf lets "
            + "connect to the database \"replication\". One daemon of a PostgreSQL streams: its slot is brain_memoryd_wal. Empty: the private PostgreSQL's own, or with postgres.url no base "
            + "backups and no stream.")

    static let backupsDump = ConfigurationKey(
        "backups.dump", .schedule, default: "daily 03:00",
        "When the memories are dumped (pg_dump, custom format). Each dump is decoded and compared with what was in the "
            + "database before it counts. off: only on request; backups.dump_after_writes and "
            + "backups.dump_before_migration still hold.")

    static let backupsDumpAfterWrites = ConfigurationKey(
        "backups.dump_after_writes", .integer(0...1_000_000_000_000), unit: "rows", default: "1000000",
        "A dump is also made when so many memories were written or deleted since the newest one. 0: never for that.")

    static let backupsDumpBeforeMigration = ConfigurationKey(
        "backups.dump_before_migration", .choice(["on", "off"]), default: "on",
        "Whether a new version of the daemon makes a dump before it changes the schema of a database that has memories. It "
            + "does not change it when the dump fails.")

    static let backupsBase = ConfigurationKey(
        "backups.base", .schedule, default: "daily 02:00",
        "When the whole PostgreSQL is copied (pg_basebackup). Recovery begins with such a copy and replays the WAL since, so "
            + "the longer ago it is, the longer recovery takes.")

    static let backupsWAL = ConfigurationKey(
        "backups.wal", .choice(DaemonConfiguration.Backups.WAL.allCases.map(\.rawValue)), default: "on",
        "Whether PostgreSQL's WAL is received as it is written, so that any moment can be restored, up to the last.",
        "on: what is lost with PostgreSQL's disk are the writes of less than a second.",
        "strict: nothing that was acknowledged is lost, since PostgreSQL acknowledges a write only once it is received here "
            + "too. Writes wait while the stream or its disk is down. With postgres.url, set synchronous_standby_names = "
            + "'brain_memoryd_wal' there yourself.")

    static let backupsVerify = ConfigurationKey(
        "backups.verify", .schedule, default: "daily 05:00",
        "When every byte of every backup is read and checked, since disks decay.")

    static let backupsDrill = ConfigurationKey(
        "backups.drill", .schedule, default: "weekly sun 04:00",
        "When the newest dump is restored into a PostgreSQL on the side and compared. A backup that no drill has restored is "
            + "shown as unproven.")

    static let backupsKeepDaily = ConfigurationKey(
        "backups.keep_daily", .integer(1...3_650), unit: "dumps", default: "7",
        "For how many days the day's newest dump is kept. The last two good dumps are always kept.")

    static let backupsKeepWeekly = ConfigurationKey(
        "backups.keep_weekly", .integer(0...520), unit: "dumps", default: "4",
        "For how many weeks the week's newest dump is kept.")

    static let backupsKeepMonthly = ConfigurationKey(
        "backups.keep_monthly", .integer(0...120), unit: "dumps", default: "6",
        "For how many months the month's newest dump is kept.")

    static let backupsKeepBase = ConfigurationKey(
        "backups.keep_base", .integer(2...365), unit: "backups", default: "2",
        "How many base backups are kept, and with them the WAL since the oldest.")

    static let backupsMaxAge = ConfigurationKey(
        "backups.max_age_hours", .integer(1...87_600), unit: "hours", default: "36",
        "How old the newest good dump, and base backup, may be before getHealth says degraded; with a schedule of longer "
            + "intervals, those and half a day. Those that are off are not looked at.")

    static let backupsMinFree = ConfigurationKey(
        "backups.min_free_bytes", .integer(0...1_125_899_906_842_624), unit: "bytes", default: "268435456",
        "A backup is not begun unless so much room is left beside what it is expected to take.")
}
