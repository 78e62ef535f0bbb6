import Synchronization

/// The policy in force. A reload replaces it, for open connections too: each request is judged by what is in force when it
/// begins. Safe from any thread.
public final class AccessControl: Sendable {
    private let policy: Mutex<AccessPolicy>

    /// Grows with each replacement, so that a connection need not judge its peer for each request.
    private let revision = Atomic<UInt64>(0)

    /// Begins with `policy`.
    public init(_ policy: AccessPolicy) {
        self.policy = Mutex(policy)
    }

    /// Judges by `policy` from now on.
    public func replace(with policy: AccessPolicy) {
        self.policy.withLock { $0 = policy }
        revision.add(1, ordering: .releasing)
    }

    fileprivate var currentRevision: UInt64 { revision.load(ordering: .acquiring) }

    fileprivate func caller(for peer: Peer) -> Caller { policy.withLock { $0 }.caller(for: peer) }
}

/// What one connection's peer may do, by the policy in force.
public struct PeerAccess: Sendable {
    private let control: AccessControl
    private var revision: UInt64
    private var judged: Caller

    /// The access of `peer`.
    public init(of peer: Peer, by control: AccessControl) {
        self.control = control
        revision = control.currentRevision
        judged = control.caller(for: peer)
    }

    /// Who it is.
    public var peer: Peer { judged.peer }

    /// The peer with what it may do now.
    public var caller: Caller {
        mutating get {
            let current = control.currentRevision
            if current != revision {
                judged = control.caller(for: judged.peer)
                revision = current
            }
            return judged
        }
    }
}
