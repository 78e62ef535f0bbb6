import Foundation
import MemoryModel
import MonotonicClock
import PostgresDriver
import PostgresFixture
import StrictJSON
import Testing

@testable import PostgresRepository

/// A refresh reads what changed, however many memories there are.
///
/// `STATISTICS_SIZES=10000,1000000` in the environment measures at other sizes; the figures are printed then.
@Suite struct RefreshCostTests {
    private static let sizes =
        (ProcessInfo.processInfo.environment["STATISTICS_SIZES"] ?? "2000,60000").split(separator: ",").compactMap {
            Int($0)
        }

    /// What one statement read and took.
    private struct Cost {
        var rows = 0.0
        var buffers: Int64 = 0
        var milliseconds = 0.0
    }

    private static func fill(_ store: Store, _ size: Int) async throws {
        try await store.sql(
            """
            INSERT INTO brain_memories (id, agent_id, timestamp, context, tags, importance, expires_at)
            SELECT 'm' || n, 'agent-' || n % 200, timestamptz '2024-01-01Z' + n * interval '7 s', '{"text": "words"}',
                ARRAY['tag-' || lpad((n % 50)::text, 2, '0'), 'topic-' || lpad((n % 7)::text, 2, '0')], 1 + n % 10,
                CASE WHEN n % 20 = 0 THEN pg_catalog.now() + n % 1000 * interval '43 min' ELSE 'infinity' END
            FROM generate_series(1, \(size)) AS n
            """)
        try await store.sql("VACUUM ANALYZE")
    }

    /// 400 new, 400 replaced, 200 deleted.
    private static func change(_ store: Store, _ size: Int) async throws {
        try await store.sql(
            """
            INSERT INTO brain_memories (id, agent_id, timestamp, context, tags)
            SELECT 'new' || n, 'agent-' || n % 200, now(), '{}', ARRAY['tag-' || lpad((n % 50)::text, 2, '0')]
            FROM generate_series(1, 400) AS n;
            UPDATE brain_memories SET importance = 10 - importance / 2, tags = tags || ARRAY['z']
            WHERE id IN (SELECT 'm' || n * \(size / 1_000) + 1 FROM generate_series(1, 400) AS n);
            DELETE FROM brain_memories
            WHERE id IN (SELECT 'm' || n * \(size / 1_000) + 2 FROM generate_series(1, 200) AS n)
            """)
    }

    private struct Undo: Error { let text: String }

    /// The refresh's own statement, run and undone.
    private static func explain(_ store: Store) async throws -> Cost {
        let text = try await store.repository.write(deadline: .now + .seconds(120)) { session in
            do {
                try session.transaction(isolation: .repeatableRead) { session in
                    let last = try session.execute(RepositoryStatements.refreshSituation).timestamp(0, 0)
                    try session.executeScript("PREPARE refresh AS \(RepositorySQL.refreshIncrementally)")
                    let explain = PostgresStatement(
                        name: "explain",
                        sql: "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE refresh('\(last)')", isWrite: false)
                    throw Undo(text: try session.execute(explain).text(0, 0))
                }
            } catch let undo as Undo {
                return undo.text
            }
            return ""
        }
        let document = try JSONDocument(parsing: Array(text.utf8))
        var cost = Cost()
        for plan in document.root.elements {
            let root = try #require(plan["Plan"])
            read(root, &cost)
            cost.milliseconds = number(plan["Execution Time"])
            cost.buffers = Int64(number(root["Shared Hit Blocks"]) + number(root["Shared Read Blocks"]))
        }
        return cost
    }

    /// Adds what each scan read: what it gave and what it threw away, as often as it ran.
    private static func read(_ node: JSONView, _ cost: inout Cost) {
        if node["Relation Name"] != nil, node["Node Type"]?.string?.contains("Scan") == true {
            let rows =
                number(node["Actual Rows"]) + number(node["Rows Removed by Filter"])
                + number(node["Rows Removed by Index Recheck"])
            cost.rows += rows * number(node["Actual Loops"])
        }
        if let children = node["Plans"] { for child in children.elements { read(child, &cost) } }
    }

    private static func number(_ value: JSONView?) -> Double {
        value.flatMap { Double($0.compacted().description) } ?? 0
    }

    @Test func rowsReadDoNotGrowWithTheTable() async throws {
        var costs: [Cost] = []
        for size in Self.sizes {
            try await Store.with { store in
                try await Self.fill(store, size)
                #expect(try await store.refresh().agents == 200)
                try await Self.change(store, size)
                let cost = try await Self.explain(store)
                costs.append(cost)
                let begin = MonotonicInstant.now
                let refresh = try await store.repository.refreshStatistics(
                    ifOlderThan: .zero, deadline: .now + .seconds(600))
                #expect(refresh.extent == .changes && refresh.changes == 400 + 800 + 200)
                if ProcessInfo.processInfo.environment["STATISTICS_SIZES"] != nil {
                    print(
                        "\(size) memories: \(Int(cost.rows)) rows and \(cost.buffers) pages read,"
                            + " \(cost.milliseconds) ms explained, \(begin.duration(to: .now)) in all")
                } else {
                    #expect(try await store.drift().isEmpty)
                }
            }
        }
        let (first, last) = (try #require(costs.first), try #require(costs.last))
        // Not less than each change, or the plan was not understood.
        #expect(first.rows >= 1_400)
        #expect(last.rows <= 3 * first.rows, "\(costs)")
    }
}
