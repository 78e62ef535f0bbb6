import MemoryModel
import WireProtocol

/// Reads through the cache: a lookup, and on a miss one read of the store for all who ask the same at the time.
struct CachedReads: Sendable {
    let cache: any MemoryCache
    private let now: @Sendable () -> Timestamp
    private let flights = SingleFlight()
    private let encoder = AnswerEncoder()

    init(cache: any MemoryCache, now: @escaping @Sendable () -> Timestamp) {
        self.cache = cache
        self.now = now
    }

    /// What the store answered, when the first memory in it expires, and for one memory whose it is.
    struct Loaded: Sendable {
        var result: MethodResult
        var firstExpiry: Timestamp?
        var agentID: AgentID?
    }

    /// The answer for `key`, from the cache or by `load`, and which of the two.
    func answer(
        for key: CacheKey, deadline: ContinuousClock.Instant,
        _ load: @escaping @Sendable () async throws(StoreError) -> Loaded
    ) async throws(StoreError) -> (answer: CachedAnswer, servedFrom: MethodResult.ServedFrom) {
        let (cache, encoder) = (cache, encoder)
        switch await cache.lookUp(key, deadline: deadline) {
        case .hit(let answer): return (answer, .cache)
        case .miss(nil): return (encoder.cachedAnswer(try await load()), .store)
        case .miss(let ticket?):
            let joined = await flights.answer(for: ticket, deadline: deadline) { () throws(StoreError) in
                encoder.cachedAnswer(try await load())
            } keep: { answer in
                await cache.keep(answer, for: ticket)
            }
            switch joined {
            case .own(let outcome): return (try outcome.get(), .store)
            case .others(.success(let answer)) where answer.firstExpiry.map({ $0 > now() }) ?? true:
                return (answer, .store)
            // It failed, perhaps for want of a time that this caller has, or it has expired since.
            case .others: return (encoder.cachedAnswer(try await load()), .store)
            case .tooLate:
                throw StoreError(.deadlineExceeded, "the store did not answer in time; nothing was written")
            }
        }
    }
}

extension AnswerEncoder {
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
