import MemoryModel
import MonotonicClock
import StrictJSON
import WireProtocol

/// Reads through the cache: a lookup, and on a miss one read of the store for all who ask the same at the time.
final class CachedReads: Sendable {
    let cache: any MemoryCache
    private let reads: CacheReadCounter
    private let now: @Sendable () -> Timestamp
    private let flights = SingleFlight()
    private let encoder = AnswerEncoder()

    init(cache: any MemoryCache, reads: CacheReadCounter, now: @escaping @Sendable () -> Timestamp) {
        self.cache = cache
        self.reads = reads
        self.now = now
    }

    /// What the store answered, when the first memory in it expires, and for one memory whose it is.
    struct Loaded: Sendable {
        var result: MethodResult
        var firstExpiry: Timestamp?
        var agentID: AgentID?
    }

    /// The answer for `key` that can be given at once, if there is one.
    func recall(_ key: CacheKey) -> CachedAnswer? {
        guard let answer = cache.recall(key) else { return nil }
        reads.countHit(of: key.agentID ?? answer.agentID)
        return answer
    }

    /// The answer for `key`, from the cache or by `load`, and which of the two.
    func answer(
        for key: CacheKey, deadline: MonotonicInstant,
        _ load: @escaping @Sendable () async throws(StoreError) -> Loaded
    ) async throws(StoreError) -> (answer: CachedAnswer, servedFrom: MethodResult.ServedFrom) {
        switch await cache.lookUp(key, deadline: deadline) {
        case .hit(let answer):
            reads.countHit(of: key.agentID ?? answer.agentID)
            return (answer, .cache)
        case .miss(let ticket):
            do {
                let answer = try await loaded(ticket, deadline: deadline, load)
                reads.countMiss(of: key.agentID ?? answer.agentID)
                return (answer, .store)
            } catch {
                // Whose memory it was is not known.
                reads.countMiss(of: key.agentID)
                throw error
            }
        }
    }

    private func loaded(
        _ ticket: CacheTicket?, deadline: MonotonicInstant,
        _ load: @escaping @Sendable () async throws(StoreError) -> Loaded
    ) async throws(StoreError) -> CachedAnswer {
        let (cache, encoder) = (cache, encoder)
        guard let ticket else { return await encoder.encode(try await load()) }
        let joined = await flights.answer(for: ticket, deadline: deadline) { () throws(StoreError) in
            await encoder.encode(try await load())
        } keep: { answer in
            cache.keep(answer, for: ticket)
        }
        switch joined {
        case .own(let outcome): return try outcome.get()
        case .others(.success(let answer)) where answer.firstExpiry.map({ $0 > now() }) ?? true: return answer
        // It failed, perhaps for want of a time that this caller has, or it has expired since.
        case .others: return await encoder.encode(try await load())
        case .tooLate:
            throw StoreError(.deadlineExceeded, "the store did not answer in time; nothing was written")
        }
    }
}

extension AnswerEncoder {
    /// More bytes than this are not encoded where requests are carried out that hardly take any time.
    private static let largestInlineBytes = 65_536

    /// What is kept of a result, encoded aside if that takes long.
    fileprivate func encode(_ loaded: CachedReads.Loaded) async -> CachedAnswer {
        guard loaded.result.memoryBytes > Self.largestInlineBytes else { return cachedAnswer(loaded) }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { cachedAnswer(loaded) }
    }

    /// What is kept of a result.
    func cachedAnswer(_ loaded: CachedReads.Loaded) -> CachedAnswer {
        CachedAnswer(members: members(of: loaded.result), agentID: loaded.agentID, firstExpiry: loaded.firstExpiry)
    }

    /// What `get` of `record` answers.
    func cachedAnswer(_ record: MemoryRecord?) -> CachedAnswer {
        cachedAnswer(
            CachedReads.Loaded(
                result: .memory(record, servedFrom: nil), firstExpiry: record?.draft.expiresAt,
                agentID: record?.draft.agentID))
    }
}

extension MethodResult {
    /// About how many bytes the memories in it have.
    fileprivate var memoryBytes: Int {
        switch self {
        case .memory(let memory, _): memory?.bytes ?? 0
        case .page(let page, _, _): page.memories.reduce(0) { $0 + $1.bytes }
        case .insights(let insights): insights.memories.reduce(0) { $0 + $1.bytes }
        default: 0
        }
    }
}

extension MemoryRecord {
    /// About how many bytes it has as JSON.
    fileprivate var bytes: Int { draft.context.bytes.count + 12 * (draft.embeddings?.count ?? 0) }
}
