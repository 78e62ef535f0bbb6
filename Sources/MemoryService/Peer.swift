/// Who is at the other end of a connection, by the kernel's word.
public struct Peer: Hashable, Sendable, CustomStringConvertible {
    /// The effective user id when it connected.
    public var uid: UInt32

    /// The effective group id when it connected.
    public var gid: UInt32

    /// The process that connected.
    public var pid: Int32

    /// The supplementary groups when it connected.
    public var supplementaryGroups: [UInt32]

    /// Makes a peer of its parts.
    public init(uid: UInt32, gid: UInt32, pid: Int32, supplementaryGroups: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.supplementaryGroups = supplementaryGroups
    }

    /// Whether the peer is in the group `group`, by its main group or a supplementary one.
    public func isMember(of group: UInt32) -> Bool {
        gid == group || supplementaryGroups.contains(group)
    }

    /// The three ids, for logs.
    public var description: String { "uid=\(uid) gid=\(gid) pid=\(pid)" }
}
