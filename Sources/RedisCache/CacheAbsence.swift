public import MemoryService
import MonotonicClock
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

    /// Announces, and again now and then, and at once when the connection that is lost has taken the announcement with it.
    public func start() {
        let (kicks, kick) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        peers.onNewSession { kick.yield() }
        let announcing = Task { [self] in
            while !Task.isCancelled {
                let pause = await announce() ? CacheUse.Limits.restingPollInterval : CacheUse.Limits.pollInterval
                let timer = Task {
                    // One that is cancelled kicks nobody: there would be no end of kicks.
                    do { try await Task.sleep(for: pause) } catch { return }
                    kick.yield()
                }
                for await _ in kicks { break }
                timer.cancel()
            }
        }
        task.withLock { $0 = announcing }
    }

    /// Whether the announcement stands. One that outlives its daemon only keeps the others from using their caches.
    private func announce() async -> Bool {
        let deadline = MonotonicInstant.now + CacheUse.Limits.pollDeadline
        guard let answer = try? await peers.announce(own, pace: .resting, deadline: deadline) else { return false }
        heard.withLock { $0 = answer.present }
        return true
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
