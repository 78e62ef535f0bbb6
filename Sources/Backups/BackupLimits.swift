/// The fixed bounds of backups. What an operator may change is in ``BackupConfiguration``.
enum BackupLimits {
    /// The largest `manifest.json` or `proof.json` that is read, in bytes. A table takes about 120.
    static let documentBytes = 1 << 20
    /// The largest `SHA256SUMS` that is read, in bytes: about half a million files.
    static let checksumsBytes = 64 << 20
    /// The largest `backup_manifest` of a base backup that is read, in bytes.
    static let baseManifestBytes = 256 << 20
    /// The most files and folders of one backup.
    static let entries = 1_000_000
    /// How deep the folders of a backup may be nested.
    static let depth = 16
    /// How many backups are looked at in one folder; more are not listed, which is told.
    static let backups = 10_000
    /// The most bytes of names on one command line (the kernel takes 2 MiB, the environment included).
    static let argumentBytes = 128 << 10
    /// The longest line outside of table data that a reader of COPY text keeps, in bytes: a table has at most 1,600
    /// columns with names of 63 bytes.
    static let scriptLineBytes = 256 << 10
    /// The most tables of a dump whose content is compared.
    static let tables = 1_000
    /// How long a program may take that only looks at something or removes it.
    static let shortProgram = Duration.seconds(120)
    /// How long the programs of a killed daemon may take to be gone after SIGKILL.
    static let leftoversEnd = Duration.seconds(10)
    /// How long a first statement may wait for the server.
    static let connect = Duration.seconds(10)
    /// How long pg_dump waits for a lock that a change of the schema holds, in milliseconds.
    static let lockWaitMilliseconds = 60_000
    /// How many problems of one backup are named.
    static let problems = 10
}
