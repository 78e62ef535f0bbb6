public import MemoryModel
public import MemoryService
import MonotonicClock
import RedisDriver
import Synchronization

/// Answers in Redis that are never older than an acknowledged write.
///
/// `COHERENCE.md` has the rules and the argument for them. In short: an answer is kept only if no write it depends on has
/// been acknowledged between the lookup that missed and now, which Redis itself can tell by a token; and after anything
/// that Redis could not be told, a new epoch makes everything older unfindable before the cache is used again.
public final class RedisMemoryCache: MemoryCache {
    struct State {
        var use: CacheUse
        var scripts: CacheScripts?
        /// The store's name, once PostgreSQL has told it.
        var store: [UInt8]?
        /// The epoch that this daemon began last.
        var epoch: [UInt8]?
        /// What observers were told last; the outer nil: nothing yet.
        var reported: String??
        var sleeper: Task<Void, Never>?
        var isKicked = false
        /// When the cache was found to have been used last.
        var lastUse = MonotonicInstant.now
        var latency: Duration?
    }

    let configuration: RedisCacheConfiguration
    let names: CacheNames
    let peers: any CachePeers
    let observer: any Observer
    let counters = HitCounters()
    let state: Mutex<State>
    let client: RedisClient
    /// Nil when nothing is to be kept in the process.
    let local: LocalCache?
    /// What may be in Redis.
    let put = EntryFilter()
    /// Whether anybody has used the cache since that was looked at last.
    let isUsed = Atomic(true)
    /// Whether the daemon has given up asking the others, since nobody uses the cache.
    let isResting = Atomic(false)
    private let events = EventRelay()
    private let watch = Mutex<Task<Void, Never>?>(nil)

    /// Makes a cache that does nothing before `start()`.
    public init(configuration: RedisCacheConfiguration, peers: any CachePeers, observer: any Observer) {
        self.configuration = configuration
        self.peers = peers
        self.observer = observer
        names = CacheNames(prefix: configuration.keyPrefix)
        local =
            configuration.localBytes > 0
            ? LocalCache(maximumBytes: configuration.localBytes, timeToLive: configuration.timeToLive) : nil
        state = Mutex(State(use: CacheUse(member: UInt32.random(in: .min ... .max))))
        var link = RedisClientConfiguration(endpoint: configuration.endpoint)
        // A Redis that refuses what will be needed is no good: better to learn it here than from a write, and to wait
        // longer each time.
        let (probe, other) = (names.probe, names.epoch)
        link.handshake = {
            [
                RedisCommand([Array("SET".utf8), probe, [], Array("PX".utf8), Array("1000".utf8)]),
                RedisCommand([Array("MGET".utf8), probe, other]), RedisCommand("INFO", "server"),
            ] + CacheScript.all.map(\.load)
        }
        let events = events
        link.onStateChange = { events.send($0) }
        client = RedisClient(configuration: link)
    }

    /// Connects, and watches Redis and the other daemons from now on, until `shutdown()`.
    public func start() {
        events.receive { [weak self] in self?.linkChanged($0) }
        client.start()
        peers.onNewSession { [weak self] in self?.kick() }
        watch.withLock { $0 = Task { [weak self] in await self?.watchPeers() } }
    }

    /// Lets Redis go. Lookups find nothing from now on.
    public func shutdown() async {
        let task = watch.withLock { $0 }
        task?.cancel()
        await task?.value
        await flushCounters()
        await client.shutdown()
    }

    // MARK: Health

    /// How well the cache is.
    public var health: CacheHealth {
        let (obstacle, isEstablished, latency) = state.withLock {
            ($0.use.obstacle(now: .now), $0.use.isEstablished, $0.latency)
        }
        // It rests only while all is well, and is woken by what is not.
        if isResting.load(ordering: .acquiring) { return .ok(latency: latency) }
        guard let obstacle, !CacheUse.isOrdinary(obstacle) else { return .ok(latency: latency) }
        return isEstablished ? .degraded(reason: obstacle) : .unavailable(reason: obstacle)
    }

    /// Reads that the cache answered and could not answer: over all daemons that share it.
    public func sharedCounters() async -> CacheCounters {
        await flushCounters(within: RedisCacheConfiguration.readBudget)
        return counters.shared
    }

    /// The same for this daemon, since its start.
    public var ownCounters: CacheCounters { counters.own }

    /// Whether answers may be taken from the cache now.
    var isInUse: Bool { state.withLock { $0.use.obstacle(now: .now) } == nil }

    // MARK: Commands

    /// Tells Redis what it has to know. When it may not have heard, nothing is taken from the cache, from before this
    /// call returns until a new epoch has begun.
    ///
    /// - Returns: whether it has heard.
    func tell(_ commands: [RedisCommand], by deadline: MonotonicInstant) async -> Bool {
        let reason: String
        do throws(RedisError) {
            let replies = try await client.send(commands, deadline: deadline)
            guard let error = replies.firstError else { return true }
            reason = "Redis answers: \(error)"
        } catch {
            reason = "\(error)"
        }
        take(.lost(reason: reason))
        return false
    }

    /// Tells Redis something without waiting, for when no other daemon reads from it: whatever this one asks it next comes
    /// after that. When it may not have heard, nothing is taken from the cache until a new epoch has begun.
    ///
    /// - Returns: whether it was sent on its way.
    func post(_ commands: [RedisCommand]) -> Bool {
        let deadline = MonotonicInstant.now + RedisCacheConfiguration.writeBudget
        let refusal = client.post(commands, deadline: deadline) { [weak self] result in
            switch result {
            case .success(let replies):
                if let error = replies.firstError { self?.take(.lost(reason: "Redis answers: \(error)")) }
            case .failure(let error): self?.take(.lost(reason: "\(error)"))
            }
        }
        guard let refusal else { return true }
        take(.lost(reason: "\(refusal)"))
        return false
    }

    /// Asks Redis something that it is no loss to miss; nil when there is no good answer. An error that concerns more
    /// than one key is as good as a lost write, since the next one would be lost.
    func ask(_ commands: [RedisCommand], by deadline: MonotonicInstant) async -> [RedisReply]? {
        guard let replies = try? await client.send(commands, deadline: deadline) else { return nil }
        return judge(replies) ? replies : nil
    }

    /// Whether there is no error among the replies to what it is no loss to miss.
    @discardableResult
    func judge(_ replies: [RedisReply]) -> Bool {
        guard let error = replies.firstError else { return true }
        if !error.contains("WRONGTYPE") { take(.lost(reason: "Redis answers: \(error)")) }
        return false
    }

    /// Makes every entry of before unfindable, for all daemons.
    func beginEpoch() -> RedisCommand {
        let token = CacheToken.make()
        state.withLock { $0.epoch = token }
        return RedisCommand([Array("SET".utf8), names.epoch, token])
    }
}

/// Hands the client's changes of state to one who is made after it.
private final class EventRelay: Sendable {
    private let receiver = Mutex<(@Sendable (RedisClient.State) -> Void)?>(nil)

    func receive(_ receiver: @escaping @Sendable (RedisClient.State) -> Void) {
        self.receiver.withLock { $0 = receiver }
    }

    func send(_ state: RedisClient.State) {
        receiver.withLock { $0 }?(state)
    }
}

extension [RedisReply] {
    /// The first error among them.
    fileprivate var firstError: String? {
        lazy.compactMap { if case .error(let message) = $0 { message } else { nil } }.first
    }
}
