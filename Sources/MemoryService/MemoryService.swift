public import MemoryModel
public import WireProtocol

/// What the daemon does: one method for each method of the protocol.
///
/// It decides who may do what, fills in what the server gives, and leaves keeping to the repository. All methods answer by
/// `deadline` and a little, and throw the errors of the protocol.
public struct MemoryService: Sendable {
    let repository: any MemoryRepository
    let environment: ServiceEnvironment

    /// Makes a service on `repository`.
    public init(repository: any MemoryRepository, environment: ServiceEnvironment) {
        self.repository = repository
        self.environment = environment
    }

    /// The call with an id for each record that came without one: whoever answers for it, if need be in its place, can say
    /// which memories it may have written.
    func naming(_ call: MethodCall) -> MethodCall {
        func named(_ record: RecordParameters) -> RecordParameters {
            var record = record
            record.id = record.id ?? environment.makeID(environment.now())
            return record
        }
        return switch call {
        case .store(let record, let ifVersion): .store(named(record), ifVersion: ifVersion)
        case .storeBatch(let records): .storeBatch(records.map(named))
        case .storeContext(let record): .storeContext(named(record))
        default: call
        }
    }

    // MARK: Writing

    /// Stores one memory, new or in the place of one with the same id.
    public func store(
        _ record: RecordParameters, ifVersion: Int64?, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> StoreOutcome {
        let outcomes = try await storeAll(
            [record], paths: ["record"], ifVersion: ifVersion, caller: caller, deadline: deadline)
        return try outcomes.single()
    }

    /// Stores all memories, or none of them.
    public func storeBatch(
        _ records: [RecordParameters], caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [StoreOutcome] {
        try await storeAll(
            records, paths: records.indices.map { "records[\($0)]" }, ifVersion: nil, caller: caller, deadline: deadline
        )
    }

    /// Stores a memory whose id and timestamp the server gives.
    public func storeContext(
        _ record: RecordParameters, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> (outcome: StoreOutcome, timestamp: Timestamp) {
        var record = record
        let timestamp = environment.now()
        record.timestamp = timestamp
        let outcomes = try await storeAll([record], paths: [""], ifVersion: nil, caller: caller, deadline: deadline)
        return (try outcomes.single(), timestamp)
    }

    private func storeAll(
        _ records: [RecordParameters], paths: [String], ifVersion: Int64?, caller: Caller,
        deadline: ContinuousClock.Instant
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
        do {
            return try await repository.store(
                drafts, ifVersion: ifVersion, scope: caller.writable, deadline: deadline)
        } catch {
            throw error.naming(drafts.map(\.id))
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
        _ id: MemoryID, ifVersion: Int64?, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        do {
            return try await repository.delete(id, ifVersion: ifVersion, scope: caller.writable, deadline: deadline)
        } catch {
            throw error.naming([id])
        }
    }

    /// Deletes the memories of one agent, or all that the caller may write, which needs an administrator.
    public func clear(
        _ target: MethodCall.ClearTarget, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64 {
        switch target {
        case .agent(let agent):
            try caller.requireWritable(agent, field: "agentId")
            return try await repository.clear(scope: caller.writable.narrowed(to: agent), deadline: deadline)
        case .all:
            try caller.requireAdministrator("clear with all: true")
            return try await repository.clear(scope: caller.writable, deadline: deadline)
        }
    }

    /// Deletes for good what has expired. Needs an administrator.
    public func cleanupExpired(
        caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64 {
        try caller.requireAdministrator("cleanupExpired")
        return try await repository.deleteExpired(deadline: deadline)
    }

    // MARK: Agents

    /// Registers an agent.
    public func registerAgent(
        _ registration: AgentRegistration, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> RegistrationOutcome {
        try caller.requireWritable(registration.agentID, field: "agentId")
        return try await repository.register(registration, deadline: deadline)
    }

    /// Removes an agent's registration.
    public func unregisterAgent(
        _ agent: AgentID, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try caller.requireWritable(agent, field: "agentId")
        return try await repository.unregister(agent, deadline: deadline)
    }

    /// Lists the agents that the caller may read.
    public func listAgents(
        after agent: AgentID?, limit: Int, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> AgentPage {
        try await repository.agents(after: agent, limit: limit, scope: caller.readable, deadline: deadline)
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
