import MemoryModel
public import MemoryService
import RedisDriver
import Synchronization

extension RedisMemoryCache {
    /// Looks an answer up: one round trip, and a second one when what was found can't be filled as it is.
    public func lookUp(_ key: CacheKey, deadline: ContinuousClock.Instant) async -> CacheLookup {
        let found = await find(key, deadline)
        if case .hit = found { counters.countHit() } else { counters.countMiss() }
        return found
    }

    /// What lookups need: nil while answers may not be taken from the cache.
    struct Access {
        var scripts: CacheScripts
        var store: [UInt8]
    }

    private var access: Access? {
        state.withLock { state in
            guard state.use.obstacle(now: .now) == nil, let scripts = state.scripts, let store = state.store else {
                return nil
            }
            return Access(scripts: scripts, store: store)
        }
    }

    private func find(_ key: CacheKey, _ callers: ContinuousClock.Instant) async -> CacheLookup {
        await wake()
        guard let access else { return .miss(nil) }
        // A caller with little time keeps half of it for the store.
        let now = ContinuousClock.now
        let deadline = now + min(RedisCacheConfiguration.readBudget, now.duration(to: callers) / 2)
        switch key {
        case .memory(let id): return await find(key, id, access, by: deadline)
        case .query(let query): return await find(key, query, access, by: deadline)
        }
    }

    /// Keeps an answer that was read from the store after the lookup that gave `ticket`.
    public func keep(_ answer: CachedAnswer, for ticket: CacheTicket) async {
        var isAbsence = false
        if case .memory = ticket.key { isAbsence = answer.agentID == nil }
        guard answer.members.count <= configuration.maximumAnswerBytes,
            let life = milliseconds(answer, isAbsence: isAbsence), let scripts = state.withLock({ $0.scripts })
        else { return }
        let commands: [RedisCommand]
        switch ticket.key {
        case .memory(let id):
            let (epoch, lease) = ticket.stamp.epochAndRest
            guard lease.first == CacheEntry.readLease else { return }
            commands = [
                CacheScripts.call(
                    scripts.fill, keys: [names.memory(id)], Array(lease), CacheEntry.memory(answer, epoch: epoch), life)
            ]
        case .query(let query):
            let key = QueryKey(query)
            let entry = CacheEntry.query(answer, stamp: ticket.stamp, json: key.json)
            // As long as they are used generations live on, or what depends on them would go with them every so often.
            commands =
                [RedisCommand([Array("SET".utf8), names.query(key), entry, Array("PX".utf8), life])]
                + Generation.needed(by: query.filter).map {
                    RedisCommand([Array("PEXPIRE".utf8), names.generation($0), timeToLive])
                }
        }
        _ = await ask(commands, by: .now + RedisCacheConfiguration.establishingBudget)
    }

    // MARK: One memory

    private func find(
        _ key: CacheKey, _ id: MemoryID, _ access: Access, by deadline: ContinuousClock.Instant
    ) async -> CacheLookup {
        let name = names.memory(id)
        guard let found = await values([Array("MGET".utf8), names.epoch, name], by: deadline) else { return .miss(nil) }
        if let epoch = found[0], let entry = found[1],
            let lookup = lookup(key, entry, epoch: epoch + access.store)
        {
            return lookup
        }
        let lease = CacheScripts.call(
            access.scripts.lease, keys: [name, names.epoch], CacheEntry.lease(CacheEntry.readLease),
            Self.milliseconds(RedisCacheConfiguration.lease), CacheToken.make(), access.store)
        guard let made = await values(lease.words, by: deadline), let epoch = made[0], let entry = made[1] else {
            return .miss(nil)
        }
        return lookup(key, entry, epoch: epoch + access.store) ?? .miss(nil)
    }

    /// What an entry means; nil for one of another epoch.
    private func lookup(_ key: CacheKey, _ entry: [UInt8], epoch: [UInt8]) -> CacheLookup? {
        if CacheEntry.isLease(entry) { return .miss(CacheTicket(key: key, stamp: epoch + entry)) }
        guard let answer = CacheEntry.memory(in: entry, epoch: epoch) else { return nil }
        // Expired, and Redis is about to drop it: until then there is no lease to be had.
        return isLive(answer) ? .hit(answer) : .miss(nil)
    }

    // MARK: Many memories

    private func find(
        _ key: CacheKey, _ query: CachedQuery, _ access: Access, by deadline: ContinuousClock.Instant
    ) async -> CacheLookup {
        let queryKey = QueryKey(query)
        let tokens = [names.epoch] + Generation.needed(by: query.filter).map(names.generation)
        guard let found = await values([Array("MGET".utf8), names.query(queryKey)] + tokens, by: deadline) else {
            return .miss(nil)
        }
        let present = found.dropFirst().compactMap(\.self)
        if present.count == tokens.count {
            let stamp = access.store + present.joined()
            if let entry = found[0], let answer = CacheEntry.query(in: entry, stamp: stamp, json: queryKey.json),
                isLive(answer)
            {
                return .hit(answer)
            }
            return .miss(CacheTicket(key: key, stamp: stamp))
        }
        let call = CacheScripts.call(access.scripts.generations, keys: tokens, CacheToken.make(), timeToLive)
        guard let made = await values(call.words, by: deadline) else { return .miss(nil) }
        let all = made.compactMap(\.self)
        return .miss(all.count == tokens.count ? CacheTicket(key: key, stamp: access.store + all.joined()) : nil)
    }

    // MARK: Parts

    /// Runs a command that answers a list of values; nil when it failed.
    private func values(_ words: [[UInt8]], by deadline: ContinuousClock.Instant) async -> [[UInt8]?]? {
        guard let replies = await ask([RedisCommand(words)], by: deadline), case .array(let items)? = replies.first
        else {
            return nil
        }
        return items.map { item in
            guard case .bulk(let bytes) = item else { return nil }
            return bytes
        }
    }

    private func isLive(_ answer: CachedAnswer) -> Bool {
        answer.firstExpiry.map { $0 > configuration.now() } ?? true
    }

    var timeToLive: [UInt8] { Self.milliseconds(configuration.timeToLive) }

    static func milliseconds(_ duration: Duration) -> [UInt8] {
        Array(String(Int64(duration / .milliseconds(1))).utf8)
    }

    /// How long an answer may be kept; nil when it has expired already.
    func milliseconds(_ answer: CachedAnswer, isAbsence: Bool = false) -> [UInt8]? {
        let longest =
            isAbsence ? min(configuration.timeToLive, RedisCacheConfiguration.lease) : configuration.timeToLive
        var life = Int64(longest / .milliseconds(1))
        if let expiry = answer.firstExpiry {
            life = min(life, (expiry.microseconds - configuration.now().microseconds) / 1_000)
        }
        return life > 0 ? Array(String(life).utf8) : nil
    }
}

extension [UInt8] {
    /// A stamp of one memory: the epoch with the store's name, and the lease.
    var epochAndRest: (epoch: ArraySlice<UInt8>, lease: ArraySlice<UInt8>) {
        (prefix(CacheEntry.epochLength), dropFirst(CacheEntry.epochLength))
    }
}
