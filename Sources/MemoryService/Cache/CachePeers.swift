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

/// How daemons on one database learn of each other. PostgreSQL implements it.
public protocol CachePeers: Sendable {
    /// A text that names the store that daemons share, and no other.
    func storeIdentity(deadline: ContinuousClock.Instant) async throws -> String

    /// Announces `own` in the place of what this daemon announced before, and returns what every daemon announces now,
    /// this one included. An announcement ends with its daemon, however that ends.
    func announce(_ own: CachePeer, deadline: ContinuousClock.Instant) async throws -> Set<CachePeer>
}
