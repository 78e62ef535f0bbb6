import MemoryModel
public import MemoryService
import MonotonicClock
import RedisDriver
import Synchronization

extension RedisMemoryCache {
    /// An answer that this process keeps itself.
    public func recall(_ key: CacheKey) -> CachedAnswer? {
        guard let answer = local?.answer(for: key, now: .now), isLive(answer) else { return nil }
        counters.countHit()
        // Seldom written, since every event loop comes by here.
        if !isUsed.load(ordering: .relaxed) { isUsed.store(true, ordering: .relaxed) }
        return answer
    }

    /// What is kept in the process of an answer looked for from now on is good for; nil while other daemons may write.
    private func localStamp(_ key: CacheKey) -> LocalStamp? {
        local.flatMap { $0.isOpen(at: .now) ? $0.stamp(of: key) : nil }
    }

    /// Looks an answer up: one round trip, and a second one when what was found can't be filled as it is.
    public func lookUp(_ key: CacheKey, deadline: MonotonicInstant) async -> CacheLookup {
        let found = await find(key, deadline)
        if case .hit = found { counters.countHit() } else { counters.countMiss() }
        return found
    }

    /// What lookups need: nil while answers may not be taken from the cache.
    struct Access {
        var scripts: CacheScripts
        var store: [UInt8]
        var epoch: [UInt8]?
    }

    private var access: Access? {
        state.withLock { state in
            guard state.use.obstacle(now: .now) == nil, let scripts = state.scripts, let store = state.store else {
                return nil
            }
            return Access(scripts: scripts, store: store, epoch: state.epoch)
        }
    }

    private func find(_ key: CacheKey, _ callers: MonotonicInstant) async -> CacheLookup {
        await wake()
        guard let access else { return .miss(nil) }
        // A caller with little time keeps half of it for the store.
        let now = MonotonicInstant.now
        let deadline = now + min(RedisCacheConfiguration.readBudget, now.duration(to: callers) / 2)
        let stamp = localStamp(key)
        // What surely is not there need not be asked for.
        if let stamp, let epoch = access.epoch, !put.mayContain(key.hashValue) {
            return .miss(CacheTicket(key: key, stamp: epoch + access.store, local: stamp))
        }
        switch key {
        case .memory(let id): return await find(key, id, access, by: deadline)
        case .query(let query): return await find(key, query, access, by: deadline)
        }
    }

    /// Keeps an answer that was read from the store after the lookup that gave `ticket`.
    public func keep(_ answer: CachedAnswer, for ticket: CacheTicket) {
        var isAbsence = false
        if case .memory = ticket.key { isAbsence = answer.agentID == nil }
        guard answer.members.count <= configuration.maximumAnswerBytes,
            let life = milliseconds(answer, isAbsence: isAbsence), let scripts = state.withLock({ $0.scripts })
        else { return }
        if let stamp = ticket.local { return keep(answer, for: ticket, since: stamp, life, scripts) }
        put.insert(ticket.key.hashValue)
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
        let deadline = MonotonicInstant.now + RedisCacheConfiguration.establishingBudget
        _ = client.post(commands, deadline: deadline) { [weak self] result in
            if case .success(let replies) = result { self?.judge(replies) }
        }
    }

    /// The same while there is no other daemon.
    private func keep(
        _ answer: CachedAnswer, for ticket: CacheTicket, since stamp: LocalStamp, _ life: [UInt8],
        _ scripts: CacheScripts
    ) {
        guard let local, local.isOpen(at: .now) else { return }
        put.insert(ticket.key.hashValue)
        let command: RedisCommand
        switch ticket.key {
        case .memory(let id):
            let entry = CacheEntry.memory(answer, epoch: ticket.stamp)
            command = RedisCommand([Array("SET".utf8), names.memory(id), entry, Array("PX".utf8), life])
        case .query(let query):
            let key = QueryKey(query)
            let tokens = [names.epoch] + Generation.needed(by: query.filter).map(names.generation)
            let (epoch, store) = (ticket.stamp.prefix(CacheToken.length), ticket.stamp.dropFirst(CacheToken.length))
            let (head, tail) = CacheEntry.query(answer, store: store, tokens: tokens.count, json: key.json)
            command = CacheScripts.call(
                scripts.place, keys: [names.query(key)] + tokens, CacheToken.make(), timeToLive, life, head, tail,
                Array(epoch))
        }
        local.ifUnchanged(ticket.key, since: stamp) { _ = post([command]) }
    }

    // MARK: One memory

    private func find(
        _ key: CacheKey, _ id: MemoryID, _ access: Access, by deadline: MonotonicInstant
    ) async -> CacheLookup {
        let name = names.memory(id)
        let stamp = localStamp(key)
        guard let found = await values([Array("MGET".utf8), names.epoch, name], by: deadline) else { return .miss(nil) }
        if let token = found[0] {
            learn(epoch: token, access)
            let epoch = token + access.store
            let met: CacheLookup? = if let entry = found[1] { lookup(key, entry, epoch: epoch) } else { nil }
            if case .hit(let answer)? = met {
                if let stamp { local?.found(answer, for: key, after: stamp, now: .now) }
                return .hit(answer)
            }
            // Without another daemon there is no need of leases.
            if let stamp, found[1].map(CacheEntry.isOfMemory) ?? true {
                return .miss(CacheTicket(key: key, stamp: epoch, local: stamp))
            }
            if let met { return met }
        }
        let lease = CacheScripts.call(
            access.scripts.lease, keys: [name, names.epoch], CacheEntry.lease(CacheEntry.readLease),
            Self.milliseconds(RedisCacheConfiguration.lease), CacheToken.make(), access.store)
        guard let made = await values(lease.words, by: deadline), let epoch = made[0], let entry = made[1] else {
            return .miss(nil)
        }
        return lookup(key, entry, epoch: epoch + access.store) ?? .miss(nil)
    }

    /// Takes note of the epoch in force: Redis may have lost the one that this daemon began.
    private func learn(epoch token: [UInt8], _ access: Access) {
        if token != access.epoch { state.withLock { $0.epoch = token } }
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
        _ key: CacheKey, _ query: CachedQuery, _ access: Access, by deadline: MonotonicInstant
    ) async -> CacheLookup {
        let queryKey = QueryKey(query)
        let local = localStamp(key)
        let generations = Generation.needed(by: query.filter)
        self.local?.willTell(generations)
        let tokens = [names.epoch] + generations.map(names.generation)
        guard let found = await values([Array("MGET".utf8), names.query(queryKey)] + tokens, by: deadline) else {
            return .miss(nil)
        }
        if let token = found[1] { learn(epoch: token, access) }
        let present = found.dropFirst().compactMap(\.self)
        if present.count == tokens.count {
            let stamp = access.store + present.joined()
            if let entry = found[0], let answer = CacheEntry.query(in: entry, stamp: stamp, json: queryKey.json),
                isLive(answer)
            {
                if let local { self.local?.found(answer, for: key, after: local, now: .now) }
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
    private func values(_ words: [[UInt8]], by deadline: MonotonicInstant) async -> [[UInt8]?]? {
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
