/// The kinds of things that the daemon tells of in its log.
///
/// Each has an entry in `systemd/brain-memoryd.catalog` under its ``messageID``, which `journalctl -x` shows: what it means,
/// and what to do. The names and ids are for operators' filters and never change their meaning.
public enum LogEvent: String, CaseIterable, Sendable {
    // MARK: The daemon's life

    /// The daemon begins.
    case starting
    /// The daemon is ready for callers.
    case ready
    /// The daemon was told to stop.
    case stopping
    /// The daemon has stopped as it should.
    case stopped
    /// The daemon ends since it can't go on.
    case failed
    /// The socket takes connections.
    case listening
    /// The configuration was read anew and what is reloadable of it is in force.
    case reloaded
    /// The configuration was to be read anew and is not right: the old one stays in force.
    case reloadRefused = "reload-refused"
    /// The daemon serves a socket that the service manager made.
    case socketTaken = "socket-taken"
    /// A part of the daemon does not turn; the service manager's watchdog restarts the daemon if that lasts.
    case partHangs = "part-hangs"
    /// The parts that did not turn do so again.
    case partTurns = "part-turns"
    /// What the service manager is to be told does not reach it.
    case managerUnreachable = "manager-unreachable"

    // MARK: PostgreSQL, seen by the daemon's connections

    /// The daemon waits for PostgreSQL before it serves.
    case storeAwaited = "store-awaited"
    /// PostgreSQL was lost.
    case storeUnavailable = "store-unavailable"
    /// PostgreSQL is back.
    case storeAvailable = "store-available"
    /// No connection to PostgreSQL will ever be tried: the configuration or the system is in the way.
    case poolFailed = "pool-failed"
    /// One connection to PostgreSQL ended.
    case storeConnectionEnded = "store-connection-ended"
    /// PostgreSQL had something to say about a statement.
    case storeNotice = "store-notice"

    // MARK: The cache

    /// Reads are answered from Redis again.
    case cacheUsed = "cache-used"
    /// Reads are answered from PostgreSQL, for the cache can't be relied on.
    case cacheBypassed = "cache-bypassed"
    /// There is no Redis, and the daemon serves without.
    case cacheAbsent = "cache-absent"

    // MARK: Connections of callers

    /// A caller connected.
    case connectionOpened = "connection-opened"
    /// A caller's connection ended.
    case connectionClosed = "connection-closed"
    /// A caller was turned away: there are too many connections.
    case connectionRefused = "connection-refused"
    /// The system gave no connection; the daemon tries again.
    case acceptFailed = "accept-failed"
    /// A caller began a frame and did not complete it in time.
    case frameTimedOut = "frame-timed-out"
    /// A caller declared a frame over the limit.
    case frameTooLarge = "frame-too-large"
    /// A caller sent what is no request.
    case frameRefused = "frame-refused"

    /// A user came to a bound of what one user may have.
    case userLimited = "user-limited"
    /// A user is well below the bound that it had come to.
    case userRelieved = "user-relieved"

    // MARK: Requests

    /// A request was carried out.
    case requestAnswered = "request-answered"
    /// A request was refused for what its caller asked.
    case requestRejected = "request-rejected"
    /// A request was refused since a bounded queue was full.
    case requestBusy = "request-busy"
    /// A request failed though nothing was wrong with it.
    case requestFailed = "request-failed"
    /// A request met a bug.
    case internalError = "internal-error"
    /// A caller may not do what it asked.
    case accessDenied = "access-denied"
    /// Somebody called an administrative method, and what came of it.
    case administrativeCall = "administrative-call"
    /// A request took longer than `log.slow_request_ms`.
    case slowRequest = "slow-request"

    // MARK: Workers

    /// A worker began a run.
    case workerStarted = "worker-started"
    /// A worker's run ended well.
    case workerFinished = "worker-finished"
    /// A worker's run failed.
    case workerFailed = "worker-failed"
    /// The workers wait for PostgreSQL.
    case workersWaiting = "workers-waiting"
    /// The workers go on.
    case workersResumed = "workers-resumed"

    // MARK: The private PostgreSQL and Redis, seen by their supervisor

    /// A private server serves.
    case serverReady = "server-ready"
    /// A private server takes long to start.
    case serverStarting = "server-starting"
    /// A private server is told to stop.
    case serverStopping = "server-stopping"
    /// A private server stopped as it was told.
    case serverStopped = "server-stopped"
    /// A private server ended unasked, or not well.
    case serverDied = "server-died"
    /// A private server is started again in a moment.
    case serverRestarting = "server-restarting"
    /// A private server could not be started.
    case serverUnstartable = "server-unstartable"
    /// A private server does nothing any more and is killed.
    case serverHung = "server-hung"
    /// A private server did not end in time and gets a stronger signal.
    case serverForced = "server-forced"
    /// A private server could not be ended and is left behind.
    case serverAbandoned = "server-abandoned"
    /// A line that a private server wrote.
    case serverOutput = "server-output"
    /// A new PostgreSQL cluster is made.
    case clusterCreated = "cluster-created"
    /// Processes that an earlier daemon left running are ended.
    case leftoverEnded = "leftover-ended"
    /// Files that an earlier daemon left behind are removed.
    case leftoverRemoved = "leftover-removed"

    // MARK: Backups

    /// The memories are dumped before their schema is changed.
    case migrationDump = "migration-dump"
    /// A backup was made outside the workers' runs.
    case backupMade = "backup-made"
    /// A backup beyond those to keep was removed.
    case backupRemoved = "backup-removed"
    /// Backups beyond those to keep could not be removed.
    case backupRemovalFailed = "backup-removal-failed"
    /// The folder of backups could not be looked at.
    case backupsUnreadable = "backups-unreadable"
    /// The archive of WAL begins anew, and why.
    case walArchiveBroken = "wal-archive-broken"
    /// A line that the receiver of WAL wrote.
    case walReceiverOutput = "wal-receiver-output"
    /// Checksums of WAL were noted.
    case walSummed = "wal-summed"
    /// Checksums of WAL could not be noted.
    case walSumsFailed = "wal-sums-failed"
    /// WAL that no backup needs any more was removed.
    case walRemoved = "wal-removed"
    /// WAL that no backup needs any more could not be removed.
    case walRemovalFailed = "wal-removal-failed"

    // MARK: Metrics

    /// The metrics could not be written to the textfile folder, or the file of a daemon that ends not removed.
    case textfileFailed = "textfile-failed"
    /// They are written again.
    case textfileWritten = "textfile-written"

    // MARK: The log itself

    /// Entries like one before were left out, and how many.
    case entriesLeftOut = "entries-left-out"
    /// Entries were lost since the log was not taken in time.
    case entriesLost = "entries-lost"
    /// The journal was asked for and is not there.
    case journalAbsent = "journal-absent"
}
