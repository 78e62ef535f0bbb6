import Glibc
import MemoryModel
import MemoryService
import MonotonicClock
import RedisDriver
import Synchronization

// What goes on beside the requests: the connection's coming and going, and the other daemons.
extension RedisMemoryCache {
    // MARK: The connection

    /// Called on the client's thread.
    func linkChanged(_ link: RedisClient.State) {
        switch link {
        case .connecting, .shutDown: break
        case .ready: Task { await establish() }
        case .unavailable(let reason): take(.lost(reason: reason))
        }
    }

    /// Begins a new epoch on a connection that is ready. It counts only if no write goes untold from now until it is in
    /// force; those that went untold before have been committed by now, so the epoch makes all that was cached before
    /// them unfindable.
    ///
    /// What goes wrong is tried again in the next round.
    private func establish() async {
        let losses = state.withLock { $0.use.losses }
        let commands = [RedisCommand("INFO", "server")] + CacheScript.all.map(\.load) + [beginEpoch()]
        guard let replies = await ask(commands, by: .now + RedisCacheConfiguration.establishingBudget) else { return }
        guard case .bulk(let info)? = replies.first, let run = Self.runIdentifier(info),
            let scripts = CacheScripts(replies.dropFirst().dropLast())
        else { return take(.lost(reason: "Redis answers INFO or SCRIPT LOAD in an unknown way")) }
        state.withLock { $0.scripts = scripts }
        take(.established(cache: identity(run: run), losses: losses))
    }

    /// The random name that a Redis server gives itself at each start.
    private static func runIdentifier(_ info: [UInt8]) -> String? {
        String(decoding: info, as: UTF8.self).split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix("run_id:") }.map { String($0.dropFirst("run_id:".count)) }
    }

    /// FNV-1a, 32 bits, of the server's run, the database and the prefix; never `CachePeer.none`.
    private func identity(run: String) -> UInt32 {
        let place = "\(run) \(configuration.endpoint.database) \(configuration.keyPrefix)"
        let hash = place.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return hash == CachePeer.none ? 1 : hash
    }

    // MARK: The other daemons

    /// Tells the others what this daemon does, and learns what they do, again and again; while nobody uses the cache just
    /// often enough not to be forgotten.
    func watchPeers() async {
        var nextFlush = MonotonicInstant.now
        while !Task.isCancelled {
            let isResting = restsFromNow()
            if isResting, counters.hasUntold { await flushCounters() }
            await askPeers(isResting ? .resting : .quick)
            if isResting {
                await pause(isResting: true)
                continue
            }
            self.isResting.store(false, ordering: .releasing)
            // Without effect but for a client that had no thread when it was started.
            client.start()
            if case .ready = client.state, !state.withLock({ $0.use.isEstablished }) { await establish() }
            await probe()
            if MonotonicInstant.now >= nextFlush {
                await flushCounters()
                nextFlush = .now + Self.flushInterval
            }
            take(.tick)
            await pause()
        }
    }

    /// Decides whether to rest. Whoever uses the cache from then on waits for the next round.
    private func restsFromNow() -> Bool {
        let wasUsed = isUsed.exchange(false, ordering: .sequentiallyConsistent)
        let mayRest = state.withLock { state in
            if wasUsed { state.lastUse = .now }
            return state.use.mayRest(lastUse: state.lastUse, now: .now)
        }
        guard mayRest else { return false }
        isResting.store(true, ordering: .sequentiallyConsistent)
        // One who came in between has not waited.
        return !isUsed.load(ordering: .sequentiallyConsistent)
    }

    /// Notes that the cache is used; if the daemon rests, waits until the others have been asked again, 50 ms at the longest.
    func wake() async {
        isUsed.store(true, ordering: .sequentiallyConsistent)
        guard isResting.load(ordering: .sequentiallyConsistent) else { return }
        kick()
        let end = MonotonicInstant.now + CacheUse.Limits.wakeBudget
        while isResting.load(ordering: .acquiring), MonotonicInstant.now < end {
            try? await Task.sleep(for: .microseconds(200))
        }
    }

    /// Has the next round begin now.
    func kick() {
        state.withLock { state in
            state.isKicked = true
            return state.sleeper
        }?.cancel()
    }

    /// How often the counters in Redis are brought up to date.
    private static let flushInterval = Duration.seconds(1)

    /// Returns when every other daemon knows of this one: it has announced itself, and whoever was there before has
    /// asked since. Until then no write may be acknowledged.
    public func join() async throws {
        while state.withLock({ $0.use.lastAnnounced }) == nil {
            try await Task.sleep(for: CacheUse.Limits.joinInterval)
        }
        if state.withLock({ $0.use.hasOthers }) { try await Task.sleep(for: CacheUse.Limits.peersLease) }
    }

    private func askPeers(_ pace: CachePeersPace) async {
        let asked = MonotonicInstant.now
        let deadline = asked + CacheUse.Limits.pollDeadline
        let own = state.withLock { state in
            state.isKicked = false
            return state.use.beginAnnouncement()
        }
        do {
            if state.withLock({ $0.store }) == nil {
                let name = CacheToken.name(of: try await peers.storeIdentity(deadline: deadline))
                state.withLock { $0.store = name }
            }
            let answer = try await peers.announce(own, pace: pace, deadline: deadline)
            take(.peers(answer, own: own, asked: asked))
        } catch {
            take(.peersUnknown(reason: "\(error)"))
        }
    }

    /// Waits for the next round, or for a kick.
    private func pause(isResting: Bool = false) async {
        let next = state.withLock { state in
            state.use.nextPoll(isResting: isResting && state.use.mayRest(lastUse: state.lastUse, now: .now), now: .now)
        }
        let sleeper = Task<Void, Never> { try? await Task.sleep(until: next) }
        let isKicked = state.withLock { state in
            state.sleeper = sleeper
            return state.isKicked
        }
        if isKicked || Task.isCancelled { sleeper.cancel() }
        await withTaskCancellationHandler {
            await sleeper.value
        } onCancel: {
            sleeper.cancel()
        }
    }

    /// Finds out that Redis hangs before a request does.
    private func probe() async {
        guard case .ready = client.state else { return }
        let begin = MonotonicInstant.now
        guard await ask([RedisCommand("PING")], by: begin + RedisCacheConfiguration.establishingBudget) != nil else {
            return
        }
        state.withLock { $0.latency = .now - begin }
    }

    /// Takes note of an event, does what follows from it, and reports a change.
    func take(_ event: CacheUse.Event) {
        // Nothing of before can be found any more; what is put meanwhile is perhaps not known to be there, which is no harm.
        if case .established = event { put.clear() }
        let (report, sleeper) = state.withLock { state in
            let shouldAnnounce = state.use.handle(event, now: .now).contains(.announce)
            if shouldAnnounce { state.isKicked = true }
            if let local {
                if let end = state.use.soleUntil(now: .now) { local.open(until: end) } else { local.close() }
            }
            return (Self.report(&state, event), shouldAnnounce ? state.sleeper : nil)
        }
        sleeper?.cancel()
        if let report { observer.observe(.cacheChanged(bypassReason: report)) }
    }

    /// What observers should hear: each change of state, once; nil for nothing. A start is not a change.
    private static func report(_ state: inout State, _ event: CacheUse.Event) -> String?? {
        let obstacle = state.use.obstacle(now: .now)
        switch (state.reported, obstacle, event) {
        case (nil, .some, .lost), (nil, nil, _), (.some(.none), .some, _), (.some(.some), nil, _):
            state.reported = .some(obstacle)
            return .some(obstacle)
        default: return nil
        }
    }

    /// After a write that Redis could not be told of: waits, within the request's budget, until the other daemons can
    /// know that this one's writes go untold.
    func awaitAnnouncement(until end: MonotonicInstant) async {
        while MonotonicInstant.now < end {
            if state.withLock({ $0.use.isAnnounced }) { return }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    // MARK: Counters

    /// Tells Redis of the reads since the last time, and learns the counts of all daemons.
    func flushCounters(within budget: Duration = RedisCacheConfiguration.establishingBudget) async {
        guard case .ready = client.state else { return }
        let untold = counters.takeUntold()
        let commands = [increase(names.hits, by: untold.hits), increase(names.misses, by: untold.misses)]
        // Not by `ask`: that the counters can't be kept is no reason to bypass the cache.
        do throws(RedisError) {
            let replies = try await client.send(commands, deadline: .now + budget)
            if replies.count == 2, case .integer(let hits) = replies[0], case .integer(let misses) = replies[1] {
                counters.learn(CacheCounters(hits: hits, misses: misses))
            }
        } catch .unavailable {
            counters.giveBack(untold)
        } catch .busy {
            counters.giveBack(untold)
        } catch {
            // Perhaps they were counted: better too few than twice.
        }
    }

    private func increase(_ name: [UInt8], by amount: Int64) -> RedisCommand {
        RedisCommand([Array("INCRBY".utf8), name, Array(String(amount).utf8)])
    }
}
