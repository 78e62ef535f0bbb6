public import MemoryService
import Synchronization

/// Stands where a daemon has no cache: tells the others on its database, which may have one, that its writes are made
/// known in none.
public final class CacheAbsence: Sendable {
    private let peers: any CachePeers
    private let own = CachePeer(member: UInt32.random(in: .min ... .max), cache: CachePeer.none)
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let heard = Mutex<Set<CachePeer>?>(nil)

    /// Announces nothing before `start()`.
    public init(peers: any CachePeers) {
        self.peers = peers
    }

    /// Announces, and again and again, since a connection that is lost takes the announcement with it.
    public func start() {
        let announcing = Task { [self] in
            while !Task.isCancelled {
                if let all = try? await peers.announce(own, deadline: .now + CacheUse.Limits.pollDeadline) {
                    heard.withLock { $0 = all }
                }
                try? await Task.sleep(for: CacheUse.Limits.pollInterval)
            }
        }
        task.withLock { $0 = announcing }
    }

    /// Returns when every other daemon knows of this one, as `RedisMemoryCache.join()` does.
    public func join() async throws {
        while true {
            if let all = heard.withLock({ $0 }) {
                if all != [own] { try await Task.sleep(for: CacheUse.Limits.peersLease) }
                return
            }
            try await Task.sleep(for: CacheUse.Limits.joinInterval)
        }
    }

    /// Stops announcing.
    public func shutdown() async {
        let announcing = task.withLock { $0 }
        announcing?.cancel()
        await announcing?.value
    }
}
