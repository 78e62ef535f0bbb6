public import MemoryModel
public import StrictJSON

// The reading half of `JSONWriter+Results`: each initializer takes a method's `result` member.

extension MemoryRecord {
    /// Reads a memory as the protocol's record table has it.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "memory")
        let context = try reader.value("context")
        guard context.kind == .object else { throw AnswerFault("memory.context must be an object") }
        var embeddings: [Float]?
        if reader.optional("embeddings") != nil {
            embeddings = try reader.array("embeddings").map { number throws(AnswerFault) in
                Float(try AnswerReader.expect(number.double, "numbers", "memory.embeddings"))
            }
        }
        let draft = MemoryDraft(
            id: try reader.memoryID("id"), agentID: try reader.agentID("agentId"),
            timestamp: try reader.timestamp("timestamp"), context: context.compacted(), embeddings: embeddings,
            tags: try reader.tags("tags"), importance: Int(try reader.integer("importance")),
            expiresAt: try reader.optionalTimestamp("expiresAt"))
        self.init(
            draft: draft, version: try reader.integer("version"), createdAt: try reader.timestamp("createdAt"),
            updatedAt: try reader.timestamp("updatedAt"))
    }

    /// Reads the memories of a batch in order; nil where there was none.
    public static func batch(answer view: JSONView) throws(AnswerFault) -> [MemoryRecord?] {
        try AnswerReader(view, path: "result").array("memories").map { element throws(AnswerFault) in
            element.isNull ? nil : try MemoryRecord(answer: element)
        }
    }
}

extension StoreOutcome {
    /// Reads what `store` answers, and each element of what `storeBatch` does.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        self.init(
            id: try reader.memoryID("id"), version: try reader.integer("version"),
            created: try reader.boolean("created"))
    }

    /// Reads what `storeBatch` answers.
    public static func batch(answer view: JSONView) throws(AnswerFault) -> [StoreOutcome] {
        try AnswerReader(view, path: "result").array("results").map { element throws(AnswerFault) in
            try StoreOutcome(answer: element)
        }
    }
}

extension StoredContext {
    /// Reads what `storeContext` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        outcome = try StoreOutcome(answer: view)
        timestamp = try AnswerReader(view, path: "result").timestamp("timestamp")
    }
}

extension MemoryLookup {
    /// Reads what `get` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        memory = try reader.optional("memory").map { view throws(AnswerFault) in try MemoryRecord(answer: view) }
        servedFrom = try MethodResult.ServedFrom(reader)
    }
}

extension QueryPage {
    /// Reads what `query` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        memories = try reader.array("memories").map { element throws(AnswerFault) in try MemoryRecord(answer: element) }
        nextCursor = try reader.optionalString("nextCursor")
        servedFrom = try MethodResult.ServedFrom(reader)
    }
}

extension MethodResult.ServedFrom {
    init(_ reader: AnswerReader) throws(AnswerFault) {
        self = try AnswerReader.expect(Self(rawValue: try reader.string("servedFrom")), "cache or store", "servedFrom")
    }
}

extension StatisticsReport {
    /// Reads what `getStats` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        let counters = try reader.object("cache")
        statistics = MemoryStatistics(
            memoriesByAgent: try reader.countsByAgent("memoryByAgent"), tagCount: try reader.integer("tagCount"),
            refreshedAt: try reader.timestamp("refreshedAt"))
        cache = CacheCounters(hits: try counters.integer("hits"), misses: try counters.integer("misses"))
    }
}

extension RegistrationOutcome {
    /// Reads what `registerAgent` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        self.init(created: try reader.boolean("created"), registeredAt: try reader.timestamp("registeredAt"))
    }
}

extension AgentListPage {
    /// Reads what `listAgents` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        nextCursor = try reader.optionalString("nextCursor")
        agents = try reader.array("agents").map { element throws(AnswerFault) in
            let agent = try AnswerReader(element, path: "agents")
            let registration = AgentRegistration(
                agentID: try agent.agentID("agentId"), name: try agent.optionalString("name"),
                capabilities: try agent.tags("capabilities"), metadata: try agent.value("metadata").compacted())
            return AgentListing(
                registration: registration, registeredAt: try agent.optionalTimestamp("registeredAt"),
                memories: try agent.integer("memories"))
        }
    }
}

extension CrossAgentInsights {
    /// Reads what `getCrossAgentInsights` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        let memories = try reader.array("memories").map { element throws(AnswerFault) in
            try MemoryRecord(answer: element)
        }
        let shared = try reader.array("sharedTags").map { element throws(AnswerFault) in
            let shared = try AnswerReader(element, path: "sharedTags")
            let agents = try shared.array("agents").map { view throws(AnswerFault) in
                try AnswerReader.expect(view.string.flatMap { AgentID($0) }, "agent ids", "sharedTags.agents")
            }
            let tag = try AnswerReader.expect(Tag(try shared.string("tag")), "a tag", "sharedTags.tag")
            return SharedTag(tag: tag, agents: agents, count: try shared.integer("count"))
        }
        self.init(memories: memories, countByAgent: try reader.countsByAgent("byAgent"), sharedTags: shared)
    }
}
