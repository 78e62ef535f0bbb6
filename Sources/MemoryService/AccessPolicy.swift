public import MemoryModel

/// Decides what a peer may do, from the configured rules.
///
/// Without rules, everyone who can open the socket may read and write every agent's memories. With rules, a peer that one
/// or more of them name may do what they add up to and no more, whoever it is; of the others, only root and the daemon's
/// own user may do anything. Administrative methods are for root, the daemon's own user and the administrators' group.
public struct AccessPolicy: Sendable {
    private let rules: [AccessRule]
    private let administratorGroup: UInt32?
    private let daemonUser: UInt32

    /// Makes a policy. `daemonUser` is the uid that the daemon runs as.
    public init(rules: [AccessRule], administratorGroup: UInt32?, daemonUser: UInt32) {
        self.rules = rules
        self.administratorGroup = administratorGroup
        self.daemonUser = daemonUser
    }

    /// What `peer` may do.
    public func caller(for peer: Peer) -> Caller {
        let isOwner = peer.uid == 0 || peer.uid == daemonUser
        let isAdministrator = isOwner || administratorGroup.map(peer.isMember) ?? false
        let matching = rules.filter { rule in
            switch rule.subject {
            case .uid(let uid): peer.uid == uid
            case .gid(let gid): peer.isMember(of: gid)
            }
        }
        if matching.isEmpty {
            let scope = rules.isEmpty || isOwner ? AgentScope.all : .none
            return Caller(peer: peer, readable: scope, writable: scope, isAdministrator: isAdministrator)
        }
        return Caller(
            peer: peer, readable: AgentScope(matching.flatMap(\.read)), writable: AgentScope(matching.flatMap(\.write)),
            isAdministrator: isAdministrator)
    }
}

/// A peer and what it may do.
public struct Caller: Hashable, Sendable {
    /// Who it is.
    public var peer: Peer

    /// The agents whose memories it sees.
    public var readable: AgentScope

    /// The agents whose memories it may write.
    public var writable: AgentScope

    /// Whether it may call administrative methods.
    public var isAdministrator: Bool

    /// Makes a caller of its parts.
    public init(peer: Peer, readable: AgentScope, writable: AgentScope, isAdministrator: Bool) {
        self.peer = peer
        self.readable = readable
        self.writable = writable
        self.isAdministrator = isAdministrator
    }

    /// Throws `permission_denied` unless the caller may write `agent`'s memories.
    func requireWritable(_ agent: AgentID, field: String) throws(StoreError) {
        guard writable.contains(agent) else {
            throw StoreError(
                .permissionDenied, "uid \(peer.uid) may not write memories of agent \(agent)", field: field)
        }
    }

    /// Throws `permission_denied` unless the caller is an administrator.
    func requireAdministrator(_ call: String) throws(StoreError) {
        guard isAdministrator else {
            throw StoreError(
                .permissionDenied,
                "\(call) needs root, the daemon's own user or the administrators' group, got uid \(peer.uid)")
        }
    }
}
