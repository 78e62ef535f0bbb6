import MemoryModel
import WireProtocol

// What is answered at once, on the thread that asks.
extension MemoryService {
    /// The result of a call for which nothing has to be waited; nil when it has to be carried out.
    func recall(_ call: MethodCall, caller: Caller) -> MethodResult? {
        switch call {
        case .get(let id): recall(id, caller: caller)
        case .query(let parameters): recall(CachedQuery(parameters, caller), showsSource: true)
        case .count(let filter): recall(CachedQuery(countOf: filter, caller), showsSource: false)
        case .getCrossAgentInsights(let filter, let limit):
            recall(CachedQuery(insightsOf: filter, limit: limit, caller), showsSource: false)
        case .ping: .empty
        default: nil
        }
    }

    /// The same for `get`.
    func recall(_ id: MemoryID, caller: Caller) -> MethodResult? {
        cachedReads?.recall(.memory(id)).map { Self.result($0, .cache, caller) }
    }

    private func recall(_ key: CachedQuery, showsSource: Bool) -> MethodResult? {
        cachedReads?.recall(.query(key)).map { .encoded(members: $0.members, servedFrom: showsSource ? .cache : nil) }
    }
}

extension CachedQuery {
    init(_ parameters: MethodCall.QueryParameters, _ caller: Caller) {
        self.init(
            method: .query, filter: parameters.filter, limit: parameters.limit, position: parameters.position,
            scope: caller.readable)
    }

    init(countOf filter: MemoryFilter, _ caller: Caller) {
        self.init(method: .count, filter: filter, scope: caller.readable)
    }

    init(insightsOf filter: MemoryFilter, limit: Int, _ caller: Caller) {
        self.init(method: .insights, filter: filter, limit: limit, scope: caller.readable)
    }
}
