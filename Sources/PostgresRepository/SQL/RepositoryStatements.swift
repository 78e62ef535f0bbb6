import PostgresDriver

/// The prepared statements of the repository, by the names they have in `schema/queries`.
enum RepositoryStatements {
    private typealias SQL = RepositorySQL

    static let memoryByID = read("memory-by-id", SQL.memoryByID, [.text] + scope)
    static let memoriesByID = read("memories-by-id", SQL.memoriesByID, [.textArray] + scope + [.int8])
    static let standing = read("standing", SQL.standing, [.textArray] + scope)
    static let store = write("store", SQL.store, drafts + scope + [.bool])
    static let storeGroup = write("store-group", SQL.storeGroup, drafts + scope + [.bool, .text])
    static let storeOne = write("store-one", SQL.storeOne, draft + scope + [.bool, .text])
    static let storeNew = write("store-new", SQL.storeNew, drafts + [.bool])
    static let storeVersion = write("store-version", SQL.storeVersion, drafts + scope + [.int8, .bool])
    static let delete = write("delete", SQL.delete, [.text] + scope + [.int8])
    static let deleteExpired = write("delete-expired", SQL.deleteExpired, [.int8])
    static let clearEveryone = write("clear-everyone", SQL.clearEveryone, [])
    static let clearRanges = write("clear-ranges", SQL.clearRanges, [.textArray, .textArray])

    static let register = write("register", SQL.register, [.text, .text, .textArray, .jsonb])
    static let unregister = write("unregister", SQL.unregister, [.text])
    static let agents = read("agents", SQL.agents, [.textArray, .textArray, .text, .int8, .int8])

    static let storedStatistics = read("stored-statistics", SQL.storedStatistics, scope)
    static let storedTotals = read("stored-totals", SQL.storedTotals, [])
    static let tagCountOfEveryone = read("tag-count-of-everyone", SQL.tagCountOfEveryone, [])
    static let tagCountOfAgents = read("tag-count-of-agents", SQL.tagCountOfAgents, [.textArray])
    static let lockSources = read("lock-sources", SQL.lockSources, [])
    static let exactSituation = read("exact-situation", SQL.exactSituation, [.int8])
    static let changesSinceRefresh = read("changes-since-refresh", SQL.changesSinceRefresh, [.timestamptz])
    static let refreshSituation = read("refresh-situation", SQL.refreshSituation, [])
    static let refreshIncrementally = write("refresh-incrementally", SQL.refreshIncrementally, [.timestamptz])
    static let forgetChanges = write("forget-changes", SQL.forgetChanges, [])
    static let forgetTagStatistics = write("forget-tag-statistics", SQL.forgetTagStatistics, [])
    static let countTags = write("count-tags", SQL.countTags, [])
    static let refreshFully = write("refresh-fully", SQL.refreshFully, [])
    static let changesSize = read("changes-size", SQL.changesSize, [])

    static let addCacheReads = write("add-cache-reads", SQL.addCacheReads, [.int8, .int8])
    static let addCacheHistory = write("add-cache-history", SQL.addCacheHistory, [.int8, .int8])
    static let addAgentCacheReads = write(
        "add-agent-cache-reads", SQL.addAgentCacheReads, [.textArray, .int8Array, .int8Array])
    static let pruneCacheHistory = write("prune-cache-history", SQL.pruneCacheHistory, [])
    static let cacheHistory = read("cache-history", SQL.cacheHistory, [.timestamptz, .int8])
    static let writeCount = read("write-count", SQL.writeCount, [])

    static let registerWorkers = write(
        "register-workers", SQL.registerWorkers, [.textArray, .textArray, .timestamptzArray])
    static let workers = read("workers", SQL.workers, [.text])
    static let claimWorker = write("claim-worker", SQL.claimWorker, [.text, .text, .int8, .timestamptz, .bool, .text])
    static let renewWorker = write("renew-worker", SQL.renewWorker, [.text, .int8, .int8])
    static let finishWorker = write(
        "finish-worker", SQL.finishWorker, [.text, .int8, .bool, .text, .int8, .timestamptz])
    static let workerRuns = read("worker-runs", SQL.workerRuns, [.text, .int8])

    /// Those that read or write memories, agents and statistics, by the file that shows them.
    static let files: [(file: String, statements: [PostgresStatement])] = [
        (
            "memories",
            [
                memoryByID, memoriesByID, standing, store, storeGroup, storeOne, storeNew, storeVersion, delete,
                deleteExpired, clearEveryone,
                clearRanges,
            ]
        ),
        ("agents", [register, unregister, agents]),
        (
            "statistics",
            [
                storedTotals, storedStatistics, tagCountOfEveryone, tagCountOfAgents, lockSources, exactSituation,
                changesSinceRefresh, refreshSituation, refreshIncrementally, forgetChanges, forgetTagStatistics,
                countTags, refreshFully, changesSize,
            ]
        ),
        (
            "cache-reads",
            [addCacheReads, addCacheHistory, addAgentCacheReads, pruneCacheHistory, cacheHistory, writeCount]
        ),
        ("workers", [registerWorkers, workers, claimWorker, renewWorker, finishWorker, workerRuns]),
    ]

    private static let drafts: [PostgresType] = [
        .textArray, .textArray, .timestamptzArray, .jsonbArray, .textArray, .int2Array, .timestamptzArray, .int4Array,
        .int4Array, .float4Array,
    ]
    private static let draft: [PostgresType] = [
        .text, .text, .timestamptz, .jsonb, .float4Array, .textArray, .int2, .timestamptz,
    ]
    private static let scope: [PostgresType] = [.bool, .textArray, .textArray]

    private static func read(_ name: String, _ sql: String, _ types: [PostgresType]) -> PostgresStatement {
        PostgresStatement(name: name, sql: sql, parameterTypes: types, isWrite: false)
    }

    private static func write(_ name: String, _ sql: String, _ types: [PostgresType]) -> PostgresStatement {
        PostgresStatement(name: name, sql: sql, parameterTypes: types, isWrite: true)
    }
}

/// A read for one shape of filter, as a prepared statement.
struct FilterQuery: Sendable {
    let statement: PostgresStatement
    let parameters: [FilterParameter]

    private init(_ read: MemoryFilterSQL.Read, _ shape: FilterShape) {
        let sql = MemoryFilterSQL.statement(read, shape)
        statement = PostgresStatement(
            name: "\(read.rawValue)/\(shape.name)", sql: sql.text, parameterTypes: sql.parameters.map(\.postgresType),
            isWrite: false)
        parameters = sql.parameters
    }

    /// Built once: texts take longer to build than to run.
    private static let all: [MemoryFilterSQL.Read: [FilterShape: FilterQuery]] =
        Dictionary(
            uniqueKeysWithValues: MemoryFilterSQL.Read.allCases.map { read in
                (read, Dictionary(uniqueKeysWithValues: FilterShape.all.map { ($0, FilterQuery(read, $0)) }))
            })

    /// The statement of `read` for `shape`.
    static func query(_ read: MemoryFilterSQL.Read, _ shape: FilterShape) -> FilterQuery {
        all[read]?[shape] ?? FilterQuery(read, shape)
    }
}

extension FilterParameter {
    fileprivate var postgresType: PostgresType {
        switch self {
        case .agents, .rangeLows, .rangeUppers, .tags: .textArray
        case .minimumImportance: .int4
        case .start, .upperTimestamp: .timestamptz
        case .upperID: .text
        case .limit, .budgetBytes: .int8
        }
    }
}
