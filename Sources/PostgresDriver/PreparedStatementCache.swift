/// Which statements a connection has prepared: the most recently used ones, up to a bound.
struct PreparedStatementCache {
    private struct Entry {
        let sql: String
        var lastUse: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var isOutdated = false
    private let capacity: Int

    init(capacity: Int = PostgresLimits.preparedStatementsPerConnection) { self.capacity = capacity }

    /// What must happen on the server before `statement` can run.
    enum Need: Equatable {
        /// It is prepared.
        case nothing
        /// It must be prepared, after something is deallocated.
        case prepare(afterDeallocating: Outdated)
    }

    enum Outdated: Equatable {
        case nothing
        case one(String)
        /// Whatever the server may know: nothing here can be trusted.
        case all
    }

    /// Notes a use of `statement` and says what it needs.
    mutating func use(_ statement: PostgresStatement) -> Need {
        uses += 1
        if isOutdated { return .prepare(afterDeallocating: .all) }
        if let entry = entries[statement.name] {
            guard entry.sql == statement.sql else { return .prepare(afterDeallocating: .one(statement.name)) }
            entries[statement.name]?.lastUse = uses
            return .nothing
        }
        guard entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return .prepare(afterDeallocating: .nothing)
        }
        return .prepare(afterDeallocating: .one(oldest.key))
    }

    /// `statement` was prepared.
    mutating func prepared(_ statement: PostgresStatement) {
        entries[statement.name] = Entry(sql: statement.sql, lastUse: uses)
    }

    /// Something was deallocated, as `use` had asked.
    mutating func deallocated(_ outdated: Outdated) {
        switch outdated {
        case .nothing: break
        case .one(let name): entries[name] = nil
        case .all:
            entries = [:]
            isOutdated = false
        }
    }

    /// The server and this cache disagree, or the schema has changed: all is to be prepared anew.
    mutating func outdate() { isOutdated = true }

    var count: Int { entries.count }
}
