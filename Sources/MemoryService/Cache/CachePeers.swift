import MonotonicClock

/// What a daemon tells the others on its database about its cache.
public struct CachePeer: Hashable, Sendable {
    /// A random number that names the daemon.
    public var member: UInt32

    /// The cache in which it makes the answers unfindable that its writes change; ``CachePeer/none`` when it does so
    /// nowhere at the moment.
    public var cache: UInt32

    /// No cache.
    public static let none: UInt32 = 0

    /// Makes an announcement of its parts.
    public init(member: UInt32, cache: UInt32) {
        self.member = member
        self.cache = cache
    }
}

/// What a daemon learns of the others when it announces.
public struct CachePeersAnswer: Sendable {
    /// What every daemon announces now, the asking one included.
    public var present: Set<CachePeer>

    /// The members that have announced something, or something else than before, since this daemon asked last, whether
    /// they are still there or not; nil when that is not known, since it asked over another session then, or never.
    public var heard: Set<UInt32>?

    /// Makes an answer of its parts.
    public init(present: Set<CachePeer>, heard: Set<UInt32>?) {
        self.present = present
        self.heard = heard
    }
}

/// How long an announcement lives unless it is repeated.
public enum CachePeersPace: Sendable {
    /// It is repeated several times a second, and ends soon when it is not.
    case quick

    /// It is repeated now and then: its daemon rests.
    case resting
}

/// How daemons on one database learn of each other. PostgreSQL implements it.
public protocol CachePeers: Sendable {
    /// A text that names the store that daemons share, and no other.
    func storeIdentity(deadline: MonotonicInstant) async throws -> String

    /// Announces `own` in the place of what this daemon announced before. An announcement ends with its daemon, however
    /// that ends.
    func announce(
        _ own: CachePeer, pace: CachePeersPace, deadline: MonotonicInstant
    ) async throws -> CachePeersAnswer

    /// Has `body` called each time that an announcement may have ended by itself and can be made anew. It must not block;
    /// what was given here before is called no more.
    func onNewSession(_ body: @escaping @Sendable () -> Void)
}
