import MemoryModel
import StrictJSON
import Testing

@testable import PostgresRepository

@Suite struct AgentTests {
    @Test func registersAndReplaces() async throws {
        try await Store.with { store in
            let agent = try AgentID.of("a")
            var registration = AgentRegistration(
                agentID: agent, name: "é", capabilities: [try .of("x"), try .of("y")],
                metadata: try JSONText(parsing: #"{"n":1e300,"s":"a b"}"#))
            let first = try await store.repository.register(registration, deadline: .soon)
            #expect(first.created)
            let listing = try await store.repository.agents(after: nil, limit: 10, scope: .all, deadline: .soon)
            let registered = AgentListing(registration: registration, registeredAt: first.registeredAt, memories: 0)
            #expect(listing.agents == [registered])
            #expect(listing.next == nil)
            registration = AgentRegistration(agentID: agent)
            let second = try await store.repository.register(registration, deadline: .soon)
            #expect(second == RegistrationOutcome(created: false, registeredAt: first.registeredAt))
            try await store.store(.of("m1", agent: "a"))
            let replaced = try await store.repository.agents(after: nil, limit: 10, scope: .all, deadline: .soon)
            let holding = AgentListing(registration: registration, registeredAt: first.registeredAt, memories: 1)
            #expect(replaced.agents == [holding])
            #expect(try await store.repository.unregister(agent, deadline: .soon))
            #expect(try await store.repository.unregister(agent, deadline: .soon) == false)
            let left = try await store.repository.agents(after: nil, limit: 10, scope: .all, deadline: .soon)
            #expect(left.agents == [AgentListing(registration: registration, registeredAt: nil, memories: 1)])
        }
    }

    @Test func pagesThroughThoseRegisteredAndThoseWithMemories() async throws {
        try await Store.with { store in
            var expected: [String: Int64] = [:]
            for number in 0..<30 {
                let agent = "agent-\(number % 2 == 0 ? "x" : "Y")\(number)"
                if number % 3 != 0 {
                    _ = try await store.repository.register(AgentRegistration(agentID: .of(agent)), deadline: .soon)
                    expected[agent] = 0
                }
                if number % 3 != 1 {
                    for memory in 0...(number % 4) { try await store.store(.of("\(agent)-\(memory)", agent: agent)) }
                    expected[agent] = Int64(number % 4 + 1)
                }
            }
            let scopes = try [
                AgentScope.all, .only(["agent-x2", "agent-Y1", "none"], prefixes: ["agent-x1", "agent-x10"]),
            ]
            for scope in scopes {
                let inScope = try expected.keys.filter { scope.contains(try .of($0)) }
                for limit in [1, 3, 29, 30, 1_000] {
                    var seen: [String] = []
                    var after: AgentID?
                    repeat {
                        let page = try await store.repository.agents(
                            after: after, limit: limit, scope: scope, deadline: .soon)
                        #expect(page.agents.count <= limit)
                        let ids = page.agents.map(\.registration.agentID.value)
                        #expect(page.agents.map(\.memories) == ids.map { expected[$0] })
                        seen += ids
                        after = page.next
                    } while after != nil
                    #expect(seen == inScope.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
                }
            }
        }
    }

    @Test func rangesDoNotOverlap() throws {
        let scope = try AgentScope.only(["a", "b", "ab", "zz"], prefixes: ["a", "ab", "b-", "zz-x"])
        let ranges = AgentRanges(scope)
        #expect(ranges.lows == ["a", "b", "b-", "zz", "zz-x"])
        #expect(ranges.uppers == ["a~", "b ", "b-~", "zz ", "zz-x~"])
    }
}
