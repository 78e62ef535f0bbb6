import MemoryModel
import StrictJSON

extension JSONWriter {
    /// Writes a result that is never cut to fit.
    mutating func methodResult(_ result: MethodResult) {
        beginObject()
        switch result {
        case .stored(let outcome): outcomeMembers(outcome)
        case .storedContext(let outcome, let timestamp):
            outcomeMembers(outcome)
            member("timestamp", timestamp)
        case .storedBatch(let outcomes):
            array("results", outcomes) { writer, outcome in
                writer.beginObject()
                writer.outcomeMembers(outcome)
                writer.endObject()
            }
        case .memory(let record, let servedFrom):
            key("memory")
            optionalMemory(record)
            self.servedFrom(servedFrom)
        case .memories(let records): array("memories", records) { $0.optionalMemory($1) }
        case .count(let count): integerMember("count", count)
        case .deletedCount(let count): integerMember("deleted", count)
        case .deleted(let deleted):
            key("deleted")
            boolean(deleted)
        case .statistics(let statistics, let cache): self.statistics(statistics, cache)
        case .registered(let agent, let outcome):
            key("agentId")
            string(agent.value)
            key("created")
            boolean(outcome.created)
            member("registeredAt", outcome.registeredAt)
        case .health(let report): health(report)
        case .workers(let reports): workers(reports)
        case .workerStarted(let start):
            key("name")
            string(start.name)
            member("startedAt", start.startedAt)
        case .cacheHistory(let history): cacheHistory(history)
        case .backups(let report): backups(report)
        case .metrics(let report): metrics(report)
        case .page, .agents, .insights, .encoded, .empty: break
        }
        endObject()
    }

    /// Writes a memory as the protocol's record table has it.
    mutating func memory(_ record: MemoryRecord) {
        let draft = record.draft
        beginObject()
        key("id")
        string(draft.id.value)
        key("agentId")
        string(draft.agentID.value)
        member("timestamp", draft.timestamp)
        key("context")
        text(draft.context)
        // As doubles: a number that is a float32 comes back equal, where the shortest text of the float32 is another double.
        if let embeddings = draft.embeddings { array("embeddings", embeddings) { $0.double(Double($1)) } }
        array("tags", draft.tags) { $0.string($1.value) }
        integerMember("importance", draft.importance)
        if let expiresAt = draft.expiresAt { member("expiresAt", expiresAt) }
        integerMember("version", record.version)
        member("createdAt", record.createdAt)
        member("updatedAt", record.updatedAt)
        endObject()
    }

    /// Writes the members of insights that are over all that match.
    mutating func insightAggregates(_ insights: CrossAgentInsights) {
        counts("byAgent", insights.countByAgent)
        array("sharedTags", insights.sharedTags) { writer, shared in
            writer.beginObject()
            writer.key("tag")
            writer.string(shared.tag.value)
            writer.array("agents", shared.agents) { $0.string($1.value) }
            writer.integerMember("count", shared.count)
            writer.endObject()
        }
    }

    /// Writes the `data` of an error.
    mutating func errorData(_ error: StoreError) {
        beginObject()
        key("kind")
        string(error.kind.rawValue)
        if let field = error.field {
            key("field")
            string(field)
        }
        key("retryable")
        boolean(error.kind.isRetryable)
        if let milliseconds = error.retryAfterMilliseconds { integerMember("retryAfterMs", milliseconds) }
        if let requestID = error.requestID {
            key("requestId")
            string(requestID)
        }
        switch error.conflict {
        case .absent?:
            key("currentVersion")
            null()
        case .current(let version)?: integerMember("currentVersion", version)
        case nil: break
        }
        if error.kind == .commitUnknown { array("ids", error.ids) { $0.string($1.value) } }
        endObject()
    }

    /// Writes a string, or null.
    mutating func optionalString(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    /// Writes which part of the daemon an answer came from, where it tells.
    mutating func servedFrom(_ source: MethodResult.ServedFrom?) {
        guard let source else { return }
        key("servedFrom")
        string(source.rawValue)
    }

    private mutating func optionalMemory(_ record: MemoryRecord?) {
        if let record { memory(record) } else { null() }
    }

    private mutating func outcomeMembers(_ outcome: StoreOutcome) {
        key("id")
        string(outcome.id.value)
        integerMember("version", outcome.version)
        key("created")
        boolean(outcome.created)
    }

    /// Writes one agent of a list.
    mutating func agent(_ listing: AgentListing) {
        let registration = listing.registration
        beginObject()
        key("agentId")
        string(registration.agentID.value)
        if let name = registration.name {
            key("name")
            string(name)
        }
        array("capabilities", registration.capabilities) { $0.string($1.value) }
        key("metadata")
        text(registration.metadata)
        key("registeredAt")
        optionalString(listing.registeredAt?.description)
        integerMember("memories", listing.memories)
        endObject()
    }

    private mutating func statistics(_ statistics: MemoryStatistics, _ cache: CacheCounters) {
        integerMember("totalMemories", statistics.totalMemories)
        integerMember("agentCount", statistics.memoriesByAgent.count)
        integerMember("tagCount", statistics.tagCount)
        counts("memoryByAgent", statistics.memoriesByAgent)
        member("refreshedAt", statistics.refreshedAt)
        key("cache")
        beginObject()
        counterMembers(cache)
        endObject()
    }

    mutating func counterMembers(_ counters: CacheCounters) {
        integerMember("hits", counters.hits)
        integerMember("misses", counters.misses)
        key("hitRate")
        double(counters.hitRate)
    }

    private mutating func counts(_ name: StaticString, _ counts: [AgentID: Int64]) {
        key(name)
        beginObject()
        for (agent, count) in counts.sorted(by: { $0.key < $1.key }) {
            key(named: agent.value)
            integer(count)
        }
        endObject()
    }

    mutating func integerMember(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        integer(Int64(value))
    }

    mutating func member(_ name: StaticString, _ timestamp: Timestamp) {
        key(name)
        plainString { timestamp.append(to: &$0) }
    }

    mutating func array<Element>(
        _ name: StaticString, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }
}

// MARK: Health

extension JSONWriter {
    fileprivate mutating func health(_ report: HealthReport) {
        key("status")
        string(report.status.rawValue)
        key("version")
        string(report.version)
        key("protocol")
        integer(HealthReport.protocolVersion)
        key("limits")
        beginObject()
        for (name, value) in report.limits.sorted(by: { $0.key < $1.key }) {
            key(named: name)
            integer(value)
        }
        endObject()
        key("uptimeSeconds")
        double(report.uptimeSeconds)
        part("store", report.store)
        part("cache", report.cache)
        key("workers")
        beginObject()
        for (name, worker) in report.workers.sorted(by: { $0.key < $1.key }) {
            key(named: name)
            beginObject()
            key("lastRunAt")
            optionalString(worker.lastRunAt)
            key("lastResult")
            optionalString(worker.lastResult)
            key("nextRunAt")
            optionalString(worker.nextRunAt)
            endObject()
        }
        endObject()
    }

    private mutating func part(_ name: StaticString, _ part: HealthReport.Part) {
        key(name)
        beginObject()
        key("status")
        string(part.status.rawValue)
        if let latency = part.latencyMilliseconds {
            key("latencyMs")
            double(latency)
        }
        if let reason = part.reason {
            key("reason")
            string(reason)
        }
        if let counters = part.counters { counterMembers(counters) }
        endObject()
    }
}
