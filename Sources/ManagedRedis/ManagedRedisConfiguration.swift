/// What can be chosen about the managed Redis.
public struct ManagedRedisConfiguration: Sendable {
    /// The folder DIR that holds everything; the managed PostgreSQL's too. Made if absent; its parent must exist.
    public var directory: String
    /// The path of `redis-server`; nil: found in the usual folders and on the search path.
    public var program: String?
    /// The user that runs the server when the daemon runs as root. Otherwise the daemon's own user runs it.
    public var user = "postgres"
    /// How much memory the server may fill before it drops the keys used least recently, in bytes, at least 4 MiB.
    /// About one MiB of it is the server's own.
    public var maximumMemoryBytes = 64 << 20

    /// Defaults for all but the folder.
    public init(directory: String) {
        self.directory = directory
    }
}
