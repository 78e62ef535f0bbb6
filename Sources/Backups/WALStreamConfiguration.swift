/// What can be chosen about the stream of WAL.
package struct WALStreamConfiguration: Sendable {
    /// Where backups lie.
    package var folders: BackupFolders
    /// How to reach the server as a role that may replicate; the database is the one to ask for the stream's state.
    package var connectionInfo: String
    /// The folder with PostgreSQL's programs; nil: found by themselves.
    package var programsDirectory: String?
    /// The replication slot, which keeps the server from removing log that was not received yet.
    package var slot = WALStreamConfiguration.usualName
    /// The name by which the server knows the stream: what `synchronous_standby_names` says in strict mode.
    package var applicationName = WALStreamConfiguration.usualName
    /// How often the server is asked how far the stream is.
    package var watchInterval = Duration.seconds(1)

    /// The same while the stream is connected: an idle machine should be left to sleep.
    package var calmWatchInterval = Duration.seconds(5)

    /// The name of the slot and of the stream.
    package static let usualName = "brain_memoryd_wal"

    /// Defaults for all but the folder and the server.
    package init(folders: BackupFolders, connectionInfo: String) {
        self.folders = folders
        self.connectionInfo = connectionInfo
    }

    /// How long the receiver may run without being connected to its slot before it is killed and started again: one that was
    /// stopped, or whose network is gone, would not notice by itself. The server ends its side after wal_sender_timeout.
    package var disconnectedLimit = Duration.seconds(15)

    /// How long each of the short programs before a start may take: questions to the server, and the making of the slot.
    static let programBound = Duration.seconds(8)
    /// How long the server may take to answer how far the stream is.
    static let watchBound = Duration.seconds(2)
    /// How long the receiver may take to end when asked, and when killed.
    static let stopBound = Duration.seconds(5)
    static let killBound = Duration.seconds(2)
}
