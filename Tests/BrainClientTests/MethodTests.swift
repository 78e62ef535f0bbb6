import BrainClient
import Synchronization
import Testing

/// What each method sends, and what it makes of the answer.
@Suite struct MethodTests {
    private static let memory: JSONValue = [
        "id": "m1", "agentId": "caroline", "timestamp": "2026-01-02T03:04:05.000006Z", "context": ["text": "tea"],
        "embeddings": [0.1, 2], "tags": ["a", "b"], "importance": 7, "expiresAt": "2126-01-01T00:00:00.000000Z",
        "version": 2, "createdAt": "2026-01-02T03:04:05.000006Z", "updatedAt": "2026-01-02T03:04:06.000000Z",
        "fieldOfALaterVersion": [:],
    ]

    /// Calls against a server that answers `result`; returns the answer, and what was sent as `method params`.
    private func exchange<Answer: Sendable>(
        _ result: JSONValue, _ call: (BrainClient) async throws(BrainError) -> Answer
    ) async throws -> (answer: Answer, sent: String) {
        let sent = Mutex("")
        let server = try await ScriptedServer.start { connection, request in
            sent.withLock { $0 = "\(request.method) \(request.params?.compacted() ?? .emptyObject)" }
            connection.answer(request, result)
        }
        let answer = try await call(BrainClient(socketPath: server.path))
        await server.stop()
        return (answer, sent.withLock { $0 })
    }

    @Test func store() async throws {
        let memory = NewMemory(
            id: "m1", agentID: "a", timestamp: Timestamp(date: "2026-01-02"), context: ["k": [1]],
            embeddings: [0.1, 2],
            tags: ["x"], importance: 3, expiresAt: Timestamp(date: "2126-01-02"))
        let (outcome, sent) = try await exchange(["id": "m1", "version": 4, "created": false]) {
            client throws(BrainError) in
            try await client.store(memory, ifVersion: 3)
        }
        #expect(outcome.version == 4 && !outcome.created)
        #expect(
            sent
                == #"store {"record":{"id":"m1","agentId":"a","timestamp":"2026-01-02T00:00:00.000000Z","#
                + #""context":{"k":[1]},"embeddings":[0.1,2.0],"tags":["x"],"importance":3,"#
                + #""expiresAt":"2126-01-02T00:00:00.000000Z"},"ifVersion":3}"#)
    }

    @Test func storeBatchAndStoreContext() async throws {
        let memory = NewMemory(id: "m1", agentID: "a", context: [:] as JSONValue)
        let batch = try await exchange(["results": [["id": "m1", "version": 1, "created": true]]]) {
            client throws(BrainError) in try await client.storeBatch([memory])
        }
        #expect(batch.answer.map(\.created) == [true])
        #expect(batch.sent == #"storeBatch {"records":[{"id":"m1","agentId":"a","context":{}}]}"#)

        let context = try await exchange(
            ["id": "u", "version": 1, "created": true, "timestamp": "2026-01-02T03:04:05Z"]
        ) { client throws(BrainError) in try await client.storeContext(memory) }
        #expect(context.answer.timestamp == Timestamp(rfc3339: "2026-01-02T03:04:05Z"))
        #expect(context.sent == #"storeContext {"agentId":"a","context":{}}"#)
    }

    @Test func getAndGetBatch() async throws {
        let one = try await exchange(["memory": Self.memory, "servedFrom": "cache"]) {
            client throws(BrainError) in try await client.get("m1")
        }
        let draft = try #require(one.answer.memory?.draft)
        #expect(one.answer.servedFrom == .cache && one.answer.memory?.version == 2 && one.sent == #"get {"id":"m1"}"#)
        #expect(draft.tags.map(\.value) == ["a", "b"] && draft.embeddings == [0.1, 2] && draft.importance == 7)
        #expect(JSONValue(draft.context) == ["text": "tea"])

        let batch = try await exchange(["memories": [nil, Self.memory]]) {
            client throws(BrainError) in try await client.getBatch(["x", "m1"])
        }
        #expect(
            batch.answer.map { $0?.draft.id.value } == [nil, "m1"] && batch.sent == #"getBatch {"ids":["x","m1"]}"#)
        let again = NewMemory(try #require(batch.answer[1]))
        #expect(again.id == "m1" && again.expiresAt == Timestamp(date: "2126-01-01"))
    }

    @Test func queriesSendTheirFilters() async throws {
        let filter = QueryFilter(
            agentID: "a", tags: ["x", "y"], tagMode: .all, start: Timestamp(date: "2026-01-01"),
            end: Timestamp(rfc3339: "2026-02-01T00:00:00Z"), minimumImportance: 4)
        let members =
            #""agentId":"a","tags":["x","y"],"tagMode":"all","startDate":"2026-01-01T00:00:00.000000Z","#
            + #""endDate":"2026-02-01T00:00:00.000000Z","minImportance":4"#
        let page: JSONValue = ["memories": [Self.memory], "nextCursor": "c2", "servedFrom": "store"]
        let query = try await exchange(page) { client throws(BrainError) in
            try await client.query(filter, limit: 5, cursor: "c1")
        }
        #expect(query.sent == #"query {\#(members),"limit":5,"cursor":"c1"}"#)
        #expect(query.answer.nextCursor == "c2" && query.answer.memories.count == 1)
        let context = try await exchange(page) { client throws(BrainError) in try await client.queryContext() }
        #expect(context.sent == "queryContext {}")
        let agent = try await exchange(page) { client throws(BrainError) in
            try await client.getAgentMemories("a", limit: 1)
        }
        #expect(agent.sent == #"getAgentMemories {"agentId":"a","limit":1}"#)
        let count = try await exchange(["count": 12]) { client throws(BrainError) in try await client.count(filter) }
        #expect(count.answer == 12 && count.sent == "count {\(members)}")
        let insights = try await exchange([
            "memories": [Self.memory], "byAgent": ["a": 2, "b": 1],
            "sharedTags": [["tag": "x", "agents": ["a", "b"], "count": 3]],
        ]) { client throws(BrainError) in try await client.getCrossAgentInsights(filter) }
        #expect(insights.answer.sharedTags.first?.count == 3 && insights.answer.countByAgent.count == 2)
        #expect(!insights.sent.contains("agentId"))
    }

    @Test func deletions() async throws {
        let delete = try await exchange(["deleted": true]) { client throws(BrainError) in try await client.delete("m1")
        }
        #expect(delete.answer && delete.sent == #"delete {"id":"m1"}"#)
        let clear = try await exchange(["deleted": 3]) { client throws(BrainError) in
            try await client.clear(agentID: "a")
        }
        #expect(clear.answer == 3 && clear.sent == #"clear {"agentId":"a"}"#)
        let all = try await exchange(["deleted": 4]) { client throws(BrainError) in try await client.clearAll() }
        #expect(all.answer == 4 && all.sent == #"clear {"all":true}"#)
        let expired = try await exchange(["deleted": 5]) { client throws(BrainError) in
            try await client.cleanupExpired()
        }
        #expect(expired.answer == 5 && expired.sent == "cleanupExpired {}")
    }

    @Test func agents() async throws {
        let registration = NewRegistration(agentID: "a", name: "A", capabilities: ["x"], metadata: ["k": 1])
        let registered = try await exchange(
            ["agentId": "a", "created": true, "registeredAt": "2026-01-02T03:04:05Z"]
        ) { client throws(BrainError) in try await client.registerAgent(registration) }
        #expect(registered.answer.created)
        #expect(registered.sent == #"registerAgent {"agentId":"a","name":"A","capabilities":["x"],"metadata":{"k":1}}"#)
        let gone = try await exchange(["deleted": false]) { client throws(BrainError) in
            try await client.unregisterAgent("a")
        }
        #expect(!gone.answer && gone.sent == #"unregisterAgent {"agentId":"a"}"#)
        let list = try await exchange([
            "agents": [["agentId": "a", "capabilities": [], "metadata": [:], "registeredAt": nil, "memories": 2]],
            "nextCursor": nil,
        ]) { client throws(BrainError) in try await client.listAgents(limit: 2, cursor: "c") }
        #expect(list.answer.agents.first?.memories == 2 && list.answer.nextCursor == nil)
        #expect(list.sent == #"listAgents {"limit":2,"cursor":"c"}"#)
    }

    @Test func state() async throws {
        let stats = try await exchange([
            "totalMemories": 3, "agentCount": 2, "tagCount": 4, "memoryByAgent": ["a": 1, "b": 2],
            "refreshedAt": "2026-01-02T03:04:05Z", "cache": ["hits": 1, "misses": 3, "hitRate": 0.25],
        ]) { client throws(BrainError) in try await client.getStats(fresh: true) }
        #expect(stats.answer.statistics.totalMemories == 3 && stats.answer.cache.hitRate == 0.25)
        #expect(stats.sent == #"getStats {"fresh":true}"#)
        let health = try await exchange([
            "status": "degraded", "version": "1.2", "protocol": 1, "limits": ["maxFrameBytes": 5], "uptimeSeconds": 1.5,
            "store": ["status": "ok", "latencyMs": 0.25], "cache": ["status": "disabled"],
            "workers": ["sweeper": ["lastRunAt": nil, "lastResult": "ok", "nextRunAt": "2026-01-02T03:04:05Z"]],
        ]) { client throws(BrainError) in try await client.getHealth() }
        #expect(health.answer.status == .degraded && health.answer.store.latencyMilliseconds == 0.25)
        #expect(health.answer.workers["sweeper"]?.lastResult == "ok" && health.answer.limits == ["maxFrameBytes": 5])
        let ping = try await exchange([:]) { client throws(BrainError) in try await client.ping() }
        #expect(ping.sent == "ping {}")
    }

    @Test func theSequenceFollowsEveryPage() async throws {
        let server = try await ScriptedServer.start { connection, request in
            let cursor = request.params?["cursor"]?.string ?? "0"
            let number = Int(cursor)!
            guard case .object(var members) = Self.memory else { return }
            members[0].value = .string("m\(number)")
            // The second page is empty: a filter may match nothing of it any more.
            let memories: [JSONValue] = number == 1 ? [] : [.object(members)]
            connection.answer(
                request,
                [
                    "memories": .array(memories), "nextCursor": number < 3 ? .string(String(number + 1)) : nil,
                    "servedFrom": "store",
                ])
        }
        let client = BrainClient(socketPath: server.path)
        var ids: [String] = []
        for try await memory in client.memories(pageSize: 1) { ids.append(memory.draft.id.value) }
        #expect(ids == ["m0", "m2", "m3"])
        await server.stop()
    }
}
