public import MemoryModel
public import StrictJSON

extension MethodCall {
    /// Checks the parameters of a request. Throws `invalid_params` that names the field, the limit and what came.
    public init(_ method: ProtocolMethod, params: JSONView?) throws(StoreError) {
        switch method {
        case .store: self = try Self.store(params)
        case .storeBatch: self = try Self.storeBatch(params)
        case .get: self = .get(try Self.reader(params, Self.idField).memoryID())
        case .getBatch: self = try Self.getBatch(params)
        case .query, .queryContext: self = .query(try Self.queryParameters(params))
        case .count: self = .count(try Self.filter(try Self.reader(params, Self.filterFields)))
        case .delete:
            let reader = try Self.reader(params, ["id", "ifVersion"])
            self = .delete(try reader.memoryID(), ifVersion: try reader.integer("ifVersion", in: 0...Int64.max))
        case .clear: self = try Self.clear(params)
        case .getStats: self = .getStats(fresh: try Self.reader(params, ["fresh"]).boolean("fresh") ?? false)
        case .cleanupExpired:
            _ = try Self.reader(params, [])
            self = .cleanupExpired
        case .registerAgent: self = try Self.registerAgent(params)
        case .unregisterAgent: self = .unregisterAgent(try Self.reader(params, ["agentId"]).agentID())
        case .listAgents: self = try Self.listAgents(params)
        case .storeContext:
            self = .storeContext(try RecordParameters(context: params))
        case .getAgentMemories:
            let reader = try Self.reader(params, ["agentId", "limit", "cursor"])
            self = .query(try Self.queryParameters(reader, filter: MemoryFilter(agentID: try reader.agentID())))
        case .getCrossAgentInsights:
            let reader = try Self.reader(params, Self.insightFields)
            self = .getCrossAgentInsights(try Self.filter(reader), limit: try reader.limit())
        case .getHealth:
            _ = try Self.reader(params, [])
            self = .getHealth
        case .ping:
            _ = try Self.reader(params, [])
            self = .ping
        case .getMetrics:
            _ = try Self.reader(params, [])
            self = .getMetrics
        case .getWorkers, .runWorker, .getCacheHistory, .listBackups, .verifyBackup:
            self = try Self.maintenance(method, params)
        }
    }

    private static func reader(_ params: JSONView?, _ known: [StaticString]) throws(StoreError) -> ObjectReader {
        let reader = try ObjectReader(params, path: .params, known: known)
        try reader.rejectUnknown()
        return reader
    }

    private static func maintenance(_ method: ProtocolMethod, _ params: JSONView?) throws(StoreError) -> MethodCall {
        switch method {
        case .runWorker:
            let name = try reader(params, ["name"]).required("name")
            return .runWorker(try ObjectReader.string(name, at: "name"))
        case .getCacheHistory:
            let hours = try reader(params, ["hours"]).integer(
                "hours", in: Int64(Limits.historyHours.lowerBound)...Int64(Limits.historyHours.upperBound))
            return .getCacheHistory(hours: hours.map { Int($0) } ?? Limits.defaultHistoryHours)
        case .verifyBackup:
            let id = try reader(params, ["id"]).optional("id")
            return .verifyBackup(try id.map { id throws(StoreError) in try ObjectReader.string(id, at: "id") })
        case .listBackups:
            _ = try reader(params, [])
            return .listBackups
        default:
            _ = try reader(params, [])
            return .getWorkers
        }
    }

    private static func store(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, storeFields)
        let record = try RecordParameters(try reader.required("record"), path: .record)
        return .store(record, ifVersion: try reader.integer("ifVersion", in: 0...Int64.max))
    }

    private static func storeBatch(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, ["records"])
        _ = try reader.required("records")
        var records: [RecordParameters] = []
        var seen: Set<MemoryID> = []
        for value in try reader.elements("records", count: Limits.batch) ?? [] {
            let record = try RecordParameters(value, path: .batchRecord(records.count))
            if let id = record.id, !seen.insert(id).inserted {
                let path = reader.path(of: "records", records.count)
                throw .invalid("\(path).id", "\(path).id repeats \(id), which an earlier record of the batch has")
            }
            records.append(record)
        }
        return .storeBatch(records)
    }

    private static func getBatch(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, ["ids"])
        _ = try reader.required("ids")
        var ids: [MemoryID] = []
        for value in try reader.elements("ids", count: Limits.batch) ?? [] {
            ids.append(try ObjectReader.memoryID(value, at: reader.path(of: "ids", ids.count)))
        }
        return .getBatch(ids)
    }

    private static func clear(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, ["agentId", "all"])
        let agent = try reader.optionalAgentID()
        let all = try reader.boolean("all")
        switch (agent, all) {
        case (let agent?, nil): return .clear(.agent(agent))
        case (nil, true?): return .clear(.all)
        case (nil, false?): throw .invalid("all", "all must be true when it is given, got false")
        case (_?, _?): throw .invalid("all", "give agentId or all, not both")
        case (nil, nil): throw .invalid("agentId", "agentId is required, or all: true")
        }
    }

    private static func registerAgent(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, ["agentId", "name", "capabilities", "metadata"])
        var registration = AgentRegistration(agentID: try reader.agentID())
        if let value = try reader.optional("name") {
            let name = try ObjectReader.string(value, at: "name")
            let length = name.unicodeScalars.count
            guard length <= Limits.agentNameLength else {
                throw .invalid("name", "name may have at most \(Limits.agentNameLength) code points, got \(length)")
            }
            registration.name = name
        }
        registration.capabilities = try reader.tags("capabilities")
        if let metadata = try reader.object(
            "metadata", maximumBytes: Limits.agentMetadataBytes, maximumDepth: Limits.requestDepth)
        {
            registration.metadata = metadata
        }
        return .registerAgent(registration)
    }

    private static func listAgents(_ params: JSONView?) throws(StoreError) -> MethodCall {
        let reader = try reader(params, ["limit", "cursor"])
        let limit = try reader.limit()
        guard let value = reader.nullable("cursor") else { return .listAgents(after: nil, limit: limit) }
        let text = try ObjectReader.string(value, at: "cursor")
        guard let agent = AgentCursor(decoding: text)?.agent else { throw invalidCursor }
        return .listAgents(after: agent, limit: limit)
    }
}

// MARK: Filters

extension MethodCall {
    // Those of the requests that come most often, so that no list is made for each.
    private static let idField: [StaticString] = ["id"]
    private static let storeFields: [StaticString] = ["record", "ifVersion"]
    private static let filterFields: [StaticString] = [
        "agentId", "tags", "tagMode", "startDate", "endDate", "minImportance",
    ]
    private static let queryFields = filterFields + ["limit", "cursor"]
    private static let insightFields: [StaticString] = [
        "tags", "tagMode", "startDate", "endDate", "minImportance", "limit",
    ]

    static let invalidCursor = StoreError.invalid(
        "cursor", "cursor must be the nextCursor of an earlier answer to the same filters")

    private static func queryParameters(_ params: JSONView?) throws(StoreError) -> QueryParameters {
        let reader = try reader(params, queryFields)
        return try queryParameters(reader, filter: try filter(reader))
    }

    private static func queryParameters(
        _ reader: ObjectReader, filter: MemoryFilter
    ) throws(StoreError) -> QueryParameters {
        var parameters = QueryParameters(filter: filter, limit: try reader.limit(), position: nil)
        if let value = reader.nullable("cursor") {
            let text = try ObjectReader.string(value, at: "cursor")
            guard let cursor = QueryCursor(decoding: text), cursor.belongs(to: filter) else { throw invalidCursor }
            parameters.position = cursor.position
        }
        return parameters
    }

    private static func filter(_ reader: ObjectReader) throws(StoreError) -> MemoryFilter {
        var filter = MemoryFilter(agentID: try reader.optionalAgentID())
        filter.tags = try reader.tags("tags")
        if let value = try reader.optional("tagMode") {
            guard let mode = MemoryFilter.TagMode(rawValue: try ObjectReader.string(value, at: "tagMode")) else {
                throw .invalid("tagMode", "tagMode must be \"any\" or \"all\", got \(value.excerpt)")
            }
            filter.tagMode = mode
        }
        filter.start = try reader.timeBound("startDate", dateMeansItsEnd: false)
        filter.end = try reader.timeBound("endDate", dateMeansItsEnd: true)
        let range = Int64(Limits.importance.lowerBound)...Int64(Limits.importance.upperBound)
        filter.minimumImportance = try reader.integer("minImportance", in: range).map { Int($0) }
        return filter
    }
}
