import MemoryModel
import StrictJSON
import Testing

@testable import PostgresRepository

/// Reads of several callers in one statement.
@Suite struct GroupedReadTests {
    @Test func eachFindsItsOwn() async throws {
        try await Store.with { store in
            for number in 0..<50 { try await store.store(.of("m\(number)", agent: "a\(number % 2)")) }
            let scopes = [AgentScope.all, try .only(["a0"]), try .only([], prefixes: ["a1"])]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    let scope = scopes[number % 3]
                    group.addTask {
                        // Some of them twice, and some that don't exist.
                        let id = "m\(number % 60)"
                        let record = try await store.memory(id, scope: scope)
                        let agent = try AgentID.of("a\(number % 60 % 2)")
                        let isThere = number % 60 < 50 && scope.contains(agent)
                        #expect(record?.draft.id.value == (isThere ? id : nil))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func memoriesTooLargeTogetherAreReadOneByOne() async throws {
        try await Store.with { store in
            let text = String(repeating: "x", count: 1_000_000)
            for number in 0..<40 { try await store.store(.of("m\(number)", context: #"{"text":"\#(text)"}"#)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<80 {
                    group.addTask {
                        let record = try await store.memory("m\(number % 40)")
                        #expect(record?.draft.id.value == "m\(number % 40)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Whoever reads after a store was acknowledged finds it.
    @Test func aReadSeesWhatWasStoredBefore() async throws {
        try await Store.with { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<20 {
                    group.addTask {
                        for version in 1...20 as ClosedRange<Int64> {
                            let outcome = try await store.store(.of("m\(worker)"))
                            let record = try await store.memory("m\(worker)")
                            #expect(outcome.version == version && record?.version == version)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
