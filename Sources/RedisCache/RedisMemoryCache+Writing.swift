public import MemoryModel
public import MemoryService
import RedisDriver
import Synchronization

extension RedisMemoryCache {
    /// Begins a write that replaces one memory: its entry becomes a lease of this writer's, which any other write takes
    /// away.
    public func prepareWrite(of id: MemoryID) async -> WriteTicket? {
        await wake()
        guard isInUse, let store = state.withLock({ $0.store }) else { return nil }
        let begin = ContinuousClock.now
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
        // Whoever has taken the lease away by now loses an entry, nothing else.
        let command = RedisCommand([Array("DEL".utf8), names.memory(ticket.id)])
        let deadline = ContinuousClock.now + RedisCacheConfiguration.establishingBudget
        Task { _ = await ask([command], by: deadline) }
    }

    /// Makes every answer that a write changed unfindable, before the caller is answered.
    public func finishWrite(_ write: CacheableWrite) async {
        await wake()
        let command: RedisCommand
        var budget = RedisCacheConfiguration.writeBudget
        switch write {
        case .committed(let ids, let places, let ticket, let answer):
            if let ticket { budget = ticket.budget }
            command = invalidation(ids, Generation.changed(at: places), ticket, answer)
        case .cleared: command = beginEpoch
        case .unknown:
            take(.writeUnknown)
            return await awaitAnnouncement(until: .now + RedisCacheConfiguration.announcementBudget)
        }
        if await tell([command], by: .now + budget) { return }
        // Not told. By now this daemon takes nothing from the cache until a new epoch has begun; what is left is that the
        // others learn of it.
        await awaitAnnouncement(until: .now + RedisCacheConfiguration.announcementBudget)
    }

    private func invalidation(
        _ ids: [MemoryID], _ generations: Set<Generation>, _ ticket: WriteTicket?, _ answer: CachedAnswer?
    ) -> RedisCommand {
        let entries = ids.map(names.memory)
        let changed = generations.map(names.generation)
        guard entries.count + changed.count <= RedisCacheConfiguration.maximumNames else { return beginEpoch }
        if let ticket, let stamp = ticket.stamp, let answer, answer.members.count <= configuration.maximumAnswerBytes,
            let life = milliseconds(answer), let scripts = state.withLock({ $0.scripts })
        {
            let (epoch, lease) = stamp.epochAndRest
            return CacheScripts.call(
                scripts.finish, keys: [names.memory(ticket.id)] + changed, Array(lease),
                CacheEntry.memory(answer, epoch: epoch), life)
        }
        return RedisCommand([Array("DEL".utf8)] + entries + changed)
    }
}
