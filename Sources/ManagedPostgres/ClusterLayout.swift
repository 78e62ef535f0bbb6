import ProcessSupervision

/// Where everything of a managed PostgreSQL lies.
struct ClusterLayout: Sendable, Equatable {
    /// DIR itself, absolute, without symbolic links.
    let root: String
    /// The folder of the private socket.
    let socketFolder: SocketFolder

    /// The port is only a part of the socket's name; nothing listens on TCP.
    static let port = 5432
    /// The socket's name in its folder.
    static let socketName = ".s.PGSQL.\(port)"

    /// The cluster.
    var data: String { root + "/postgres" }
    /// How the folders are called in which a new cluster is built until it is complete. The rest of the name is random,
    /// so that an `initdb` which outlived its daemon can't write into its successor's folder.
    static let stagingPrefix = "postgres.new-"
    /// A folder to build a new cluster in.
    func newStaging() -> String {
        root + "/" + Self.stagingPrefix + String(UInt32.random(in: 0 ... .max), radix: 16)
    }
    /// Held by the daemon that uses the folder.
    var lock: String { root + "/lock" }

    /// - Parameter root: DIR, absolute, without symbolic links, so that one folder always gets one socket folder.
    init(root: String) {
        self.root = root
        socketFolder = SocketFolder(usual: root + "/run", socket: Self.socketName)
    }
}
