import MonotonicClock
public import PostgresDriver
import SchemaFiles

/// Brings a database's schema to what this program needs, and checks that it is that.
///
/// Each migration runs in a transaction of its own, together with the note that it ran, under one advisory lock:
/// several programs may do this at the same time, and a second run changes nothing. What has been applied must be what
/// this program would apply, to the byte; and what is there must be what applying it makes.
public struct MigrationRunner: Sendable {
    private let pool: PostgresConnectionPool
    private let migrations: [MigrationFile]

    /// Makes a runner of the migrations in `schema/migrations` for the first schema of the pool's `search_path`.
    public init(pool: PostgresConnectionPool) {
        self.init(pool: pool, migrations: SchemaFiles.migrations)
    }

    init(pool: PostgresConnectionPool, migrations: [MigrationFile]) {
        self.pool = pool
        self.migrations = migrations
    }

    /// Applies what is missing, then validates.
    public func migrate(deadline: MonotonicInstant) async throws(MigrationError) -> MigrationReport {
        var applied: [String] = []
        while let name = try await run(deadline: deadline, { try self.applyNext($0) }) { applied.append(name) }
        return try await validated(applied: applied, deadline: deadline)
    }

    /// What `migrate` would change of a schema that is there; nil when there is none, or it is up to date or will be
    /// refused.
    public func pending(deadline: MonotonicInstant) async throws(MigrationError) -> PendingMigrations? {
        try await run(deadline: deadline) { session in
            guard try session.execute(Self.hasHistory).bool(0, 0) else { return nil }
            let history = try self.history(session)
            guard history.differences.isEmpty, history.next != nil, let last = history.recorded.last else { return nil }
            return PendingMigrations(current: last.version, new: self.migrations.last?.version ?? last.version)
        }
    }

    /// Changes nothing, and throws `.refused` unless the schema is exactly what the migrations make.
    ///
    /// It makes them in a schema of its own to compare, inside a transaction that it undoes; so the database's role
    /// must be allowed to create a schema.
    public func validate(deadline: MonotonicInstant) async throws(MigrationError) -> MigrationReport {
        try await validated(applied: [], deadline: deadline)
    }

    private func validated(
        applied: [String], deadline: MonotonicInstant
    ) async throws(MigrationError) -> MigrationReport {
        let (differences, tables) = try await run(deadline: deadline) { try self.inspect($0) }
        guard differences.isEmpty else { throw .refused(differences) }
        return MigrationReport(applied: applied, version: migrations.last?.version ?? 0, tables: tables)
    }

    private func run<T: Sendable>(
        deadline: MonotonicInstant, _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(MigrationError) -> T {
        do {
            return try await pool.run(deadline: deadline, access: .write, body)
        } catch .body(let error as MigrationError) {
            throw error
        } catch .server(let state, let message, _, _) where !Self.mayPass(state) {
            throw .refused(["PostgreSQL says: \(message) (SQLSTATE \(state))"])
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Whether the same work may succeed later. Missing rights, for one, are for a person to mend.
    private static func mayPass(_ state: SQLState) -> Bool {
        switch state.category {
        case .unavailable, .cancelled, .conflict, .stalePlan: true
        case .dataRejected, .unsupported, .internal: false
        }
    }

    // MARK: Applying

    /// Applies the first migration that the database has not had; its name, or nil when there is none.
    private func applyNext(_ session: PostgresSession) throws -> String? {
        try session.transaction { session in
            try lock(session)
            try session.executeScript(Self.makeHistoryTable)
            let history = try history(session)
            guard history.differences.isEmpty else { throw MigrationError.refused(history.differences) }
            guard let next = history.next, let file = migrations.first(where: { $0.version == next.version }) else {
                return nil
            }
            do {
                try session.executeScript(file.sql)
            } catch PostgresError.server(let state, let message, _, _) where state.category != .conflict {
                throw MigrationError.failed(migration: file.name, reason: "\(message) (SQLSTATE \(state))")
            }
            let values: [PostgresValue] = [.int4(Int32(next.version)), .text(next.name), .text(next.checksum)]
            _ = try session.execute(Self.record, values)
            return file.name
        }
    }

    /// Waits until no one else applies migrations; till the end of the transaction.
    private func lock(_ session: PostgresSession) throws {
        _ = try session.execute(Self.takeLock)
    }

    private func history(_ session: PostgresSession) throws -> MigrationHistory {
        let rows = try session.execute(Self.recorded)
        let recorded = try (0..<rows.rowCount).map { row in
            MigrationHistory.Entry(
                version: Int(try rows.int4(row, 0)), name: try rows.text(row, 1), checksum: try rows.text(row, 2))
        }
        let known = try migrations.map { file in
            let checksum = try session.execute(Self.checksum, [.text(file.sql)]).text(0, 0)
            return MigrationHistory.Entry(version: file.version, name: file.name, checksum: checksum)
        }
        return MigrationHistory(recorded: recorded, known: known)
    }

    // MARK: Validating

    /// Thrown to undo what was made for comparison.
    private struct Undo: Error {
        let expected: SchemaInventory
    }

    /// How the database differs from what the migrations make, and its tables.
    private func inspect(_ session: PostgresSession) throws -> ([String], [MigrationReport.Table]) {
        var found: ([String], SchemaInventory, [MigrationReport.Table]) = ([], SchemaInventory(), [])
        do {
            try session.transaction { session in
                try lock(session)
                found = (try historyDifferences(session), try SchemaInventory(session), try tables(session))
                throw Undo(expected: found.0.isEmpty ? try expectedInventory(session) : found.1)
            }
            return ([], [])
        } catch let undo as Undo {
            return (found.0 + found.1.differences(from: undo.expected), found.2)
        }
    }

    private func historyDifferences(_ session: PostgresSession) throws -> [String] {
        guard try session.execute(Self.hasHistory).bool(0, 0) else { return ["no migration has been applied"] }
        let history = try history(session)
        return history.differences + (history.next.map { ["migration \($0.name) has not been applied"] } ?? [])
    }

    /// What the migrations make, made anew in a schema of its own.
    private func expectedInventory(_ session: PostgresSession) throws -> SchemaInventory {
        do {
            try session.executeScript(Self.makeScratchSchema)
            for file in migrations { try session.executeScript(file.sql) }
            return try SchemaInventory(session)
        } catch PostgresError.server(let state, let message, _, _) where state.category == .internal {
            throw MigrationError.refused(["what it should be can't be made for comparison: \(message)"])
        }
    }

    private func tables(_ session: PostgresSession) throws -> [MigrationReport.Table] {
        let rows = try session.execute(Self.indexCounts)
        return try (0..<rows.rowCount).map { row in
            MigrationReport.Table(name: try rows.text(row, 0), indexCount: Int(try rows.int8(row, 1)))
        }
    }
}
