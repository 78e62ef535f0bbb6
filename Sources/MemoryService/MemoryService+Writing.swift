public import MemoryModel
import MonotonicClock
public import WireProtocol

extension MemoryService {
    /// Stores one memory, new or in the place of one with the same id.
    public func store(
        _ record: RecordParameters, ifVersion: Int64?, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> StoreOutcome {
        let outcomes = try await storeAll(
            [record], paths: ["record"], ifVersion: ifVersion, caller: caller, deadline: deadline)
        return try outcomes.single()
    }

    /// Stores all memories, or none of them.
    public func storeBatch(
        _ records: [RecordParameters], caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoreOutcome] {
        try await storeAll(
            records, paths: records.indices.map { "records[\($0)]" }, ifVersion: nil, caller: caller, deadline: deadline
        )
    }

    /// Stores a memory whose id and timestamp the server gives.
    public func storeContext(
        _ record: RecordParameters, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> (outcome: StoreOutcome, timestamp: Timestamp) {
        var record = record
        let timestamp = environment.now()
        record.timestamp = timestamp
        let outcomes = try await storeAll([record], paths: [""], ifVersion: nil, caller: caller, deadline: deadline)
        return (try outcomes.single(), timestamp)
    }

    private func storeAll(
        _ records: [RecordParameters], paths: [String], ifVersion: Int64?, caller: Caller,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoreOutcome] {
        let now = environment.now()
        var drafts: [MemoryDraft] = []
        drafts.reserveCapacity(records.count)
        for (record, path) in zip(records, paths) {
            try caller.requireWritable(record.agentID, field: path.isEmpty ? "agentId" : "\(path).agentId")
            if let expiresAt = record.expiresAt, expiresAt <= now {
                throw .invalid(
                    record.expiresAtField,
                    "\(record.expiresAtField) must be in the future, got \(expiresAt), now is \(now)")
            }
            drafts.append(draft(of: record, now: now))
        }
        return try await write(drafts, ifVersion: ifVersion, caller: caller, deadline: deadline)
    }

    /// Writes drafts, and tells the cache before and after. One memory alone is cached as it was written; of many, none.
    private func write(
        _ drafts: [MemoryDraft], ifVersion: Int64?, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoreOutcome] {
        let cache = cachedReads?.cache
        let ticket = drafts.count == 1 ? await cache?.prepareWrite(of: drafts[0].id) : nil
        let stored: [StoredMemory]
        do {
            stored = try await repository.store(
                drafts, ifVersion: ifVersion, returningRecords: ticket?.stamp != nil, scope: caller.writable,
                deadline: deadline)
        } catch {
            await forget(error, ticket)
            throw error.naming(drafts.map(\.id))
        }
        await cache?.finishWrite(
            .committed(
                ids: drafts.map(\.id),
                places: drafts.map { MemoryPlace(agentID: $0.agentID, tags: $0.tags) } + stored.compactMap(\.replaced),
                ticket: ticket, answer: stored.first?.record.map(AnswerEncoder().cachedAnswer)))
        return stored.map(\.outcome)
    }

    /// Tells the cache of a write that failed with `error`.
    private func forget(_ error: StoreError, _ ticket: WriteTicket? = nil) async {
        guard let cache = cachedReads?.cache else { return }
        // An answer that could not be understood may be that to a commit.
        if error.kind == .commitUnknown || error.kind == .internalError {
            await cache.finishWrite(.unknown)
        } else if let ticket {
            cache.abandonWrite(ticket)
        }
    }

    private func draft(of record: RecordParameters, now: Timestamp) -> MemoryDraft {
        MemoryDraft(
            id: record.id ?? environment.makeID(now), agentID: record.agentID, timestamp: record.timestamp ?? now,
            context: record.context, embeddings: record.embeddings, tags: record.tags, importance: record.importance,
            expiresAt: record.expiresAt)
    }

    /// Deletes one memory.
    public func delete(
        _ id: MemoryID, ifVersion: Int64?, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool {
        let place: MemoryPlace?
        do {
            place = try await repository.delete(id, ifVersion: ifVersion, scope: caller.writable, deadline: deadline)
        } catch {
            await forget(error)
            throw error.naming([id])
        }
        // When there was none, another delete may be committed that its daemon has not told the cache yet: where queries
        // found the memory nobody here knows, and this caller must not find it there any more.
        await cachedReads?.cache.finishWrite(place.map { .committed(ids: [id], places: [$0]) } ?? .cleared)
        return place != nil
    }

    /// Deletes the memories of one agent, or all that the caller may write, which needs an administrator.
    public func clear(
        _ target: MethodCall.ClearTarget, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> Int64 {
        switch target {
        case .agent(let agent):
            try caller.requireWritable(agent, field: "agentId")
            return try await clear(scope: caller.writable.narrowed(to: agent), deadline: deadline)
        case .all:
            try caller.requireAdministrator("clear with all: true")
            return try await clear(scope: caller.writable, deadline: deadline)
        }
    }

    private func clear(scope: AgentScope, deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        let deleted: Int64
        do {
            deleted = try await repository.clear(scope: scope, deadline: deadline)
        } catch {
            await forget(error)
            throw error
        }
        await cachedReads?.cache.finishWrite(.cleared)
        return deleted
    }

    /// Deletes for good what has expired, which no cached answer holds any more. Needs an administrator.
    public func cleanupExpired(
        caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> Int64 {
        try caller.requireAdministrator("cleanupExpired")
        return try await repository.deleteExpired(deadline: deadline)
    }
}

extension StoreError {
    /// The error with the ids that a caller should read to learn what became of its write.
    fileprivate func naming(_ ids: [MemoryID]) -> StoreError {
        guard kind == .commitUnknown else { return self }
        var error = self
        error.ids = ids
        return error
    }
}

extension [StoreOutcome] {
    /// The outcome of a store of one.
    fileprivate func single() throws(StoreError) -> StoreOutcome {
        guard count == 1, let outcome = first else {
            throw StoreError(.internalError, "internal error", detail: "a store of one memory had \(count) outcomes")
        }
        return outcome
    }
}
