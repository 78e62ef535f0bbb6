import Glibc

/// The private folder of a server's Unix socket.
package struct SocketFolder: Sendable, Equatable {
    /// Its absolute path.
    package let path: String

    /// The longest path of a Unix socket in bytes: `sun_path` has 108, one of them the final NUL (unix(7)).
    package static let maximumSocketPathBytes = 107

    /// - Parameters:
    ///   - usual: the folder to use if it will do: absolute, without symbolic links, so that it always gets the same
    ///     folder in its place.
    ///   - socket: the socket's name.
    package init(usual: String, socket: String) {
        path = Self.isUsable(usual + "/" + socket) ? usual : "/tmp/brain-memoryd-" + Self.hash(of: usual)
    }

    /// A path is usable when it fits `sun_path`, and has no byte that libpq's conninfo (comma: a list of hosts),
    /// `unix_socket_directories` (comma, quotes) or a URL (percent, question mark, hash) would take for syntax.
    /// Otherwise the folder is one in /tmp whose name is a hash of the usual one: short by construction, and the same
    /// again after a restart with nothing to record. Whoever made a folder of that name first is refused, see
    /// ``prepare(for:identity:stale:)``. Not $XDG_RUNTIME_DIR: it is absent under cron and systemd system units, so the
    /// name would change from start to start.
    private static func isUsable(_ socket: String) -> Bool {
        socket.utf8.count <= maximumSocketPathBytes
            && socket.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !Array(",\"'\\%?#".utf8).contains($0) }
    }

    /// FNV-1a, 64 bits, in hexadecimal. It only has to tell apart the few folders of one machine.
    private static func hash(of text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Makes the folder, or checks that the one that is there is private, and removes what a killed server left in it.
    /// Blocks.
    ///
    /// - Parameters:
    ///   - server: what messages call the server.
    ///   - stale: the names of files that keep the next server from starting. No server may run now.
    package func prepare(
        for server: String, identity: ProcessIdentity, stale: [String]
    ) throws(ManagedServerError) {
        if try ServerFiles.makeDirectory(path, mode: 0o700, owner: identity) { return }
        // Outside DIR the name can be guessed, so somebody else may have made it first to listen in.
        guard let kind = try ServerFiles.kind(of: path), kind.isDirectory, kind.owner == identity.userID,
            kind.mode & 0o077 == 0
        else {
            throw ManagedServerError(
                .foreignFolder,
                "\(path), the folder of \(server)'s socket, must be a folder of user '\(identity.userName)' that is "
                    + "closed to others (mode 0700), and is not. Remove it, then start again.")
        }
        for name in stale {
            try ServerFiles.remove(path + "/" + name)
        }
    }
}
