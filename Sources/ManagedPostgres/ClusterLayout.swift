import Glibc

/// Where everything of a managed PostgreSQL lies.
struct ClusterLayout: Sendable, Equatable {
    /// DIR itself, absolute, without symbolic links.
    let root: String
    /// The folder of the private socket.
    let socketFolder: String

    /// The longest path of a Unix socket in bytes: `sun_path` has 108, one of them the final NUL (unix(7)).
    static let maximumSocketPathBytes = 107
    /// The port is only a part of the socket's name; nothing listens on TCP.
    static let port = 5432

    /// The cluster.
    var data: String { root + "/postgres" }
    /// How the folders are called in which a new cluster is built until it is complete. The rest of the name is random,
    /// so that an `initdb` which outlived its daemon can't write into its successor's folder.
    static let stagingPrefix = "postgres.new-"
    /// Held by the daemon that uses the folder.
    var lock: String { root + "/lock" }

    /// - Parameter root: DIR, absolute, without symbolic links, so that one folder always gets one socket folder.
    init(root: String) {
        self.root = root
        let usual = root + "/run"
        socketFolder = Self.isUsable(usual) ? usual : "/tmp/brain-memoryd-" + Self.hash(of: root)
    }

    /// Whether the socket lies within DIR, and so is as safe from strangers as DIR is.
    var isSocketInside: Bool { socketFolder.hasPrefix(root + "/") }

    /// A path is usable when it fits `sun_path`, and has no byte that libpq's conninfo (comma: a list of hosts) or
    /// `unix_socket_directories` (comma, quotes) would take for syntax. Otherwise the folder is one in /tmp whose name
    /// is a hash of DIR: short by construction, and the same again after a restart with nothing to record. Whoever made
    /// a folder of that name first is refused, see `ManagedPostgres.prepareSocketFolder`. Not $XDG_RUNTIME_DIR: it is
    /// absent under cron and systemd system units, so the name would change from start to start.
    private static func isUsable(_ folder: String) -> Bool {
        let path = folder + "/.s.PGSQL.\(port)"
        return path.utf8.count <= maximumSocketPathBytes
            && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !Array(",\"'\\".utf8).contains($0) }
    }

    /// FNV-1a, 64 bits, in hexadecimal. It only has to tell apart the few folders of one machine; a collision would be
    /// noticed, since PostgreSQL locks its socket's name.
    private static func hash(of text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
