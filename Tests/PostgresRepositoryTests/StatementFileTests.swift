import Foundation
import PostgresDriver
import SchemaFiles
import Testing

@testable import PostgresRepository

/// The SQL that people read in `schema/` is the SQL that runs.
@Suite struct StatementFileTests {
    static let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schema")

    /// Every file of `schema/queries` and what should be in it. With `UPDATE_QUERIES=1` in the environment it is
    /// written.
    @Test func queriesAreAsWritten() throws {
        let folder = Self.schema.appending(path: "queries")
        var expected = Dictionary(
            uniqueKeysWithValues: RepositoryStatements.files.map { file in
                ("\(file.file).sql", file.statements.map { Self.section($0, parameters: nil) })
            })
        for read in MemoryFilterSQL.Read.allCases {
            expected["\(read.rawValue).sql"] = FilterShape.all.filter { $0.needs(read) }.map { shape in
                let query = FilterQuery.query(read, shape)
                return Self.section(query.statement, parameters: query.parameters)
            }
        }
        for (name, sections) in expected {
            let url = folder.appending(path: name)
            let text = sections.joined(separator: "\n")
            if ProcessInfo.processInfo.environment["UPDATE_QUERIES"] == "1" {
                try text.write(to: url, atomically: true, encoding: .utf8)
            }
            let written = try String(contentsOf: url, encoding: .utf8)
            #expect(written == text, "\(name) is out of date: run this test with UPDATE_QUERIES=1")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(Set(files) == Set(expected.keys))
    }

    private static func section(_ statement: PostgresStatement, parameters: [FilterParameter]?) -> String {
        let types = statement.parameterTypes.map { "\($0)" }.joined(separator: " ")
        let names = parameters.map { $0.map { "\($0)" }.joined(separator: " ") } ?? types
        return """
            -- name: \(statement.name)
            -- parameters: \(names.isEmpty ? "none" : names)
            \(statement.sql);

            """
    }

    @Test func everyMigrationIsCompiledIn() throws {
        let folder = Self.schema.appending(path: "migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
        #expect(files == SchemaFiles.migrations.map { "\($0.name).sql" })
        for (index, migration) in SchemaFiles.migrations.enumerated() {
            #expect(migration.version == index + 1)
            let text = try String(contentsOf: folder.appending(path: "\(migration.name).sql"), encoding: .utf8)
            #expect(migration.sql == text)
        }
    }

    /// Whose memories and whether they have expired: no read may forget it.
    @Test(arguments: MemoryFilterSQL.Read.allCases) func everyReadLooksAtExpiryAndScope(read: MemoryFilterSQL.Read) {
        for shape in FilterShape.all {
            let query = FilterQuery.query(read, shape)
            #expect(query.statement.sql.contains("m.expires_at > now()"))
            #expect(query.statement.name.utf8.count <= PostgresLimits.maximumStatementNameBytes)
            #expect(shape.scope == .agents ? query.parameters.contains(.agents) : true)
            #expect(shape.scope == .ranges ? query.parameters.contains(.rangeUppers) : true)
        }
    }
}

extension FilterShape {
    /// Whether a read has a statement of its own for this shape.
    func needs(_ read: MemoryFilterSQL.Read) -> Bool { read != .sharedTagsOfMany || tags == .untagged }
}
