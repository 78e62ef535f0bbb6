public import MemoryModel
public import StrictJSON
public import WireProtocol

// The methods about memories; `BrainClient` documents what they do.

extension BrainRequest where Answer == StoreOutcome {
    /// `store`.
    public static func store(_ memory: NewMemory, ifVersion: Int64? = nil) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.key("record")
            writer.object { $0.members(of: memory) }
            writer.member("ifVersion", ifVersion)
        }
        return BrainRequest(.store, isIdempotent: memory.id != nil && ifVersion == nil, params: params) {
            view throws(AnswerFault) in try StoreOutcome(answer: view)
        }
    }
}

extension BrainRequest where Answer == StoreOutcome {
    /// `store` of a record that is JSON already.
    public static func store(record: JSONText, ifVersion: Int64? = nil) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.key("record")
            writer.text(record)
            writer.member("ifVersion", ifVersion)
        }
        let isIdempotent = record.view["id"] != nil && ifVersion == nil
        return BrainRequest(.store, isIdempotent: isIdempotent, params: params) {
            view throws(AnswerFault) in try StoreOutcome(answer: view)
        }
    }
}

extension BrainRequest where Answer == [StoreOutcome] {
    /// `storeBatch` of 1 to 1,000 records that are JSON already.
    public static func storeBatch(records: [JSONText]) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.key("records")
            writer.beginArray()
            for record in records { writer.text(record) }
            writer.endArray()
        }
        return BrainRequest(.storeBatch, isIdempotent: records.allSatisfy { $0.view["id"] != nil }, params: params) {
            view throws(AnswerFault) in try StoreOutcome.batch(answer: view)
        }
    }
    /// `storeBatch` of 1 to 1,000 memories.
    public static func storeBatch(_ memories: [NewMemory]) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.key("records")
            writer.beginArray()
            for memory in memories { writer.object { $0.members(of: memory) } }
            writer.endArray()
        }
        return BrainRequest(.storeBatch, isIdempotent: memories.allSatisfy { $0.id != nil }, params: params) {
            view throws(AnswerFault) in try StoreOutcome.batch(answer: view)
        }
    }
}

extension BrainRequest where Answer == StoredContext {
    /// `storeContext`; the memory's id and timestamp are not sent.
    public static func storeContext(_ memory: NewMemory) -> BrainRequest {
        var memory = memory
        (memory.id, memory.timestamp) = (nil, nil)
        let params = JSONText.params { $0.members(of: memory) }
        return BrainRequest(.storeContext, params: params) { view throws(AnswerFault) in try StoredContext(answer: view)
        }
    }
}

extension BrainRequest where Answer == MemoryLookup {
    /// `get`.
    public static func get(_ id: String) -> BrainRequest {
        BrainRequest(.get, params: .params { $0.member("id", id) }) {
            view throws(AnswerFault) in try MemoryLookup(answer: view)
        }
    }
}

extension BrainRequest where Answer == [MemoryRecord?] {
    /// `getBatch` of 1 to 1,000 ids.
    public static func getBatch(_ ids: [String]) -> BrainRequest {
        BrainRequest(.getBatch, params: .params { $0.array("ids", ids) }) {
            view throws(AnswerFault) in try MemoryRecord.batch(answer: view)
        }
    }
}

extension BrainRequest where Answer == QueryPage {
    /// `query`.
    public static func query(_ filter: QueryFilter, limit: Int? = nil, cursor: String? = nil) -> BrainRequest {
        page(.query, filter, limit, cursor)
    }

    /// `queryContext`.
    public static func queryContext(_ filter: QueryFilter, limit: Int? = nil, cursor: String? = nil) -> BrainRequest {
        page(.queryContext, filter, limit, cursor)
    }

    /// `getAgentMemories`.
    public static func getAgentMemories(_ agentID: String, limit: Int? = nil, cursor: String? = nil) -> BrainRequest {
        page(.getAgentMemories, QueryFilter(agentID: agentID), limit, cursor)
    }

    private static func page(
        _ method: ProtocolMethod, _ filter: QueryFilter, _ limit: Int?, _ cursor: String?
    ) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.members(of: filter)
            writer.member("limit", limit)
            writer.member("cursor", cursor)
        }
        return BrainRequest(method, params: params) { view throws(AnswerFault) in try QueryPage(answer: view) }
    }
}

extension BrainRequest where Answer == Int64 {
    /// `count`.
    public static func count(_ filter: QueryFilter) -> BrainRequest {
        BrainRequest(.count, params: .params { $0.members(of: filter) }) {
            view throws(AnswerFault) in try view.integerMember("count")
        }
    }

    /// `clear` of one agent's memories.
    public static func clear(agentID: String) -> BrainRequest {
        BrainRequest(.clear, params: .params { $0.member("agentId", agentID) }) {
            view throws(AnswerFault) in try view.integerMember("deleted")
        }
    }

    /// `clear` of every memory.
    public static var clearAll: BrainRequest {
        BrainRequest(.clear, params: .params { $0.member("all", true) }) {
            view throws(AnswerFault) in try view.integerMember("deleted")
        }
    }

    /// `cleanupExpired`.
    public static var cleanupExpired: BrainRequest {
        BrainRequest(.cleanupExpired) { view throws(AnswerFault) in try view.integerMember("deleted") }
    }
}

extension BrainRequest where Answer == Bool {
    /// `delete`.
    public static func delete(_ id: String, ifVersion: Int64? = nil) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.member("id", id)
            writer.member("ifVersion", ifVersion)
        }
        return BrainRequest(.delete, params: params) { view throws(AnswerFault) in try view.booleanMember("deleted") }
    }
}
