public import MemoryModel
public import MemoryService
import MonotonicClock
import RedisDriver
import Synchronization

extension RedisMemoryCache {
    /// Begins a write that replaces one memory: its entry becomes a lease of this writer's, which any other write takes
    /// away.
    public func prepareWrite(of id: MemoryID) async -> WriteTicket? {
        await wake()
        guard isInUse, let (store, epoch) = state.withLock({ state in state.store.map { ($0, state.epoch) } }) else {
            return nil
        }
        // Without another daemon there is no need of a lease, nor of asking.
        if let local, let epoch, local.isOpen(at: .now) {
            return WriteTicket(
                id: id, stamp: epoch + store, local: local.stamp(of: .memory(id)),
                budget: RedisCacheConfiguration.writeBudget)
        }
        let begin = MonotonicInstant.now
        let lease = CacheEntry.lease(CacheEntry.writeLease)
        let commands = [
            RedisCommand([
                Array("SET".utf8), names.memory(id), lease, Array("PX".utf8),
                Self.milliseconds(RedisCacheConfiguration.lease),
            ]),
            RedisCommand([Array("GET".utf8), names.epoch]),
        ]
        let replies = await ask(commands, by: begin + RedisCacheConfiguration.preparationBudget)
        var stamp: [UInt8]?
        // The epoch of now: one that begins before the write is done makes its answer unfindable, as it should.
        if case .bulk(let epoch)? = replies?.last { stamp = epoch + store + lease }
        return WriteTicket(
            id: id, stamp: stamp,
            budget: max(RedisCacheConfiguration.writeBudget - (.now - begin), RedisCacheConfiguration.leastBudget))
    }

    /// Takes back `prepareWrite`, for a write that surely did not happen. Returns at once.
    public func abandonWrite(_ ticket: WriteTicket) {
        guard ticket.local == nil else { return }
        // Whoever has taken the lease away by now loses an entry, nothing else.
        let command = RedisCommand([Array("DEL".utf8), names.memory(ticket.id)])
        let deadline = MonotonicInstant.now + RedisCacheConfiguration.establishingBudget
        Task { _ = await ask([command], by: deadline) }
    }

    /// Makes every answer that a write changed unfindable, before the caller is answered.
    public func finishWrite(_ write: CacheableWrite) async {
        await wake()
        switch write {
        case .committed(let ids, let places, let ticket, let answer):
            await finish(ids, Generation.changed(at: places), ticket, answer)
        case .cleared:
            local?.forget()
            await tell(beginEpoch(), within: RedisCacheConfiguration.writeBudget)
        case .unknown:
            take(.writeUnknown)
            await awaitAnnouncement(until: .now + RedisCacheConfiguration.announcementBudget)
        }
    }

    private func finish(
        _ ids: [MemoryID], _ generations: [Generation], _ ticket: WriteTicket?, _ answer: CachedAnswer?
    ) async {
        guard ids.count + generations.count <= RedisCacheConfiguration.maximumNames else {
            local?.wrote(ids, generations)
            return await tell(beginEpoch(), within: RedisCacheConfiguration.writeBudget)
        }
        if let local, local.isOpen(at: .now) {
            if finishAlone(local, ids, generations, ticket, answer) { return }
            return await awaitAnnouncement(until: .now + RedisCacheConfiguration.announcementBudget)
        }
        local?.wrote(ids, generations)
        await tell(
            invalidation(ids, generations, ticket, answer),
            within: ticket?.budget ?? RedisCacheConfiguration.writeBudget)
    }

    /// Ends a write while there is no other daemon: this one's own reads come to Redis after what is sent here, so nobody
    /// has to wait for its answer.
    private func finishAlone(
        _ local: LocalCache, _ ids: [MemoryID], _ generations: [Generation], _ ticket: WriteTicket?,
        _ answer: CachedAnswer?
    ) -> Bool {
        guard let ticket, let stamp = ticket.local else {
            return post([deletion(ids, local.wrote(ids, generations))])
        }
        var isPosted = false
        local.wrote(ticket.id, generations, since: stamp, answer) { isLatest, told in
            guard isLatest, let answer, let entry = setting(answer, ticket) else {
                isPosted = post([deletion(ids, told)])
                return
            }
            isPosted = post(told.isEmpty ? [entry] : [entry, deletion([], told)])
        }
        return isPosted
    }

    /// What puts an answer into the entry of the memory that was written; nil when it may not be kept.
    private func setting(_ answer: CachedAnswer, _ ticket: WriteTicket) -> RedisCommand? {
        guard let epoch = ticket.stamp, answer.members.count <= configuration.maximumAnswerBytes,
            let life = milliseconds(answer)
        else { return nil }
        put.insert(CacheKey.memory(ticket.id).hashValue)
        let entry = CacheEntry.memory(answer, epoch: epoch)
        return RedisCommand([Array("SET".utf8), names.memory(ticket.id), entry, Array("PX".utf8), life])
    }

    private func tell(_ command: RedisCommand, within budget: Duration) async {
        if await tell([command], by: .now + budget) { return }
        // Not told. By now this daemon takes nothing from the cache until a new epoch has begun; what is left is that the
        // others learn of it.
        await awaitAnnouncement(until: .now + RedisCacheConfiguration.announcementBudget)
    }

    private func invalidation(
        _ ids: [MemoryID], _ generations: [Generation], _ ticket: WriteTicket?, _ answer: CachedAnswer?
    ) -> RedisCommand {
        if let ticket, ticket.local == nil, let stamp = ticket.stamp, let answer,
            answer.members.count <= configuration.maximumAnswerBytes, let life = milliseconds(answer),
            let scripts = state.withLock({ $0.scripts })
        {
            let (epoch, lease) = stamp.epochAndRest
            put.insert(CacheKey.memory(ticket.id).hashValue)
            return CacheScripts.call(
                scripts.finish, keys: [names.memory(ticket.id)] + generations.map(names.generation), Array(lease),
                CacheEntry.memory(answer, epoch: epoch), life)
        }
        return deletion(ids, generations)
    }

    private func deletion(_ ids: [MemoryID], _ generations: [Generation]) -> RedisCommand {
        RedisCommand([Array("DEL".utf8)] + ids.map(names.memory) + generations.map(names.generation))
    }
}
