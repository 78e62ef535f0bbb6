import MemoryModel
import PostgresDriver

/// A filter, the scope it is asked in, and a place to go on after: which shape of statement they need, and its values.
struct FilterValues: Sendable {
    let shape: FilterShape
    private let filter: MemoryFilter
    private let ranges: AgentRanges
    private let agents: [String]
    private let position: PagePosition?

    /// Nil when nothing can match.
    init?(_ filter: MemoryFilter, after position: PagePosition? = nil, scope: AgentScope) {
        let scope = filter.agentID.map(scope.narrowed(to:)) ?? scope
        if scope.isEmpty { return nil }
        if let start = filter.start, let end = filter.end, start > end { return nil }
        self.filter = filter
        self.position = position
        ranges = AgentRanges(scope)
        switch scope {
        case .all:
            agents = []
            shape = FilterShape(.everyone, filter)
        case .only(let listed, let prefixes):
            agents = listed.map(\.value).sorted()
            shape = FilterShape(prefixes.isEmpty ? .agents : .ranges, filter)
        }
    }

    /// The values of a statement's parameters; `budgetBytes` bounds what comes back.
    func values(for parameters: [FilterParameter], limit: Int = 0, budgetBytes: Int = 0) -> [PostgresValue] {
        parameters.map { parameter in
            switch parameter {
            case .agents: .textArray(agents)
            case .rangeLows: .textArray(ranges.lows)
            case .rangeUppers: .textArray(ranges.uppers)
            case .tags: .textArray(filter.tags.map(\.value))
            case .minimumImportance: .int4(Int32(filter.minimumImportance ?? Limits.importance.lowerBound))
            case .start: .timestamptz(filter.start.map(PostgresTimestamp.init) ?? .negativeInfinity)
            case .upperTimestamp: .timestamptz(upper.timestamp)
            case .upperID: .text(upper.id)
            case .limit: .int8(Int64(limit))
            case .budgetBytes: .int8(Int64(budgetBytes))
            }
        }
    }

    /// What matches is before this place, in the order of (timestamp, id). No id is below the empty text, so with it a
    /// timestamp stands for the instants before it.
    private var upper: (timestamp: PostgresTimestamp, id: String) {
        let afterEnd = filter.end.map { ($0.microseconds + 1, "") }
        guard let position else { return afterEnd.map { (Self.instant($0.0), $0.1) } ?? (.infinity, "") }
        if let afterEnd, afterEnd.0 <= position.timestamp.microseconds { return (Self.instant(afterEnd.0), "") }
        return (PostgresTimestamp(position.timestamp), position.id.value)
    }

    private static func instant(_ microseconds: Int64) -> PostgresTimestamp {
        .instant(microsecondsSinceUnixEpoch: microseconds)
    }
}

extension FilterShape {
    fileprivate init(_ scope: Scope, _ filter: MemoryFilter) {
        // One tag is the same by any and by all; any needs no lookups.
        let tags: Tags = filter.tags.isEmpty ? .untagged : filter.tagMode == .all && filter.tags.count > 1 ? .all : .any
        self.init(
            scope: scope, tags: tags, hasMinimumImportance: tags != .untagged || (filter.minimumImportance ?? 1) > 1)
    }
}

extension PostgresTimestamp {
    init(_ timestamp: Timestamp) {
        self = .instant(microsecondsSinceUnixEpoch: timestamp.microseconds)
    }
}
