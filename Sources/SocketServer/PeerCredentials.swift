import CPlatform
import MemoryService

extension Peer {
    /// Most supplementary groups that are read; Linux allows 65,536, real users have a few.
    private static let maximumGroups = 65_536

    /// Asks the kernel who is at the other end of the connected Unix socket `descriptor`.
    init(ofSocket descriptor: Int32) throws(SocketError) {
        var credentials = brain_peer_credentials()
        let code = brain_peer_credentials_of(descriptor, &credentials)
        guard code == 0 else { throw SocketError("cannot read the peer's credentials", errno: code) }
        self.init(
            uid: credentials.uid, gid: credentials.gid, pid: credentials.pid,
            supplementaryGroups: try Self.groups(ofSocket: descriptor))
    }

    private static func groups(ofSocket descriptor: Int32) throws(SocketError) -> [UInt32] {
        var groups = [UInt32](repeating: 0, count: 32)
        while true {
            let count = Int(brain_peer_groups_of(descriptor, &groups, Int32(groups.count)))
            guard count >= 0 else { throw SocketError("cannot read the peer's groups", errno: Int32(-count)) }
            if count <= groups.count { return Array(groups.prefix(count)) }
            guard count <= maximumGroups else { throw SocketError("the peer is in \(count) groups", errno: 0) }
            groups = [UInt32](repeating: 0, count: count)
        }
    }
}
