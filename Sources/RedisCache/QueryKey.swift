import MemoryModel
import MemoryService
import StrictJSON

/// The canonical text of a read: equal for two reads only when their answers are equal to the byte. So it tells apart
/// whatever a page's cursor tells apart, such as the least importance 1 and none.
struct QueryKey: Hashable, Sendable {
    /// The canonical JSON.
    let json: [UInt8]

    /// The part of the entry's name that is this key's: the JSON itself or, when that is long, a hash of it. Two keys
    /// may then share a name, so an entry also holds the JSON it is for.
    let name: String

    /// The longest JSON that is a name itself.
    static let maximumNameBytes = 512

    init(_ query: CachedQuery) {
        json = Self.json(query)
        name =
            json.count <= Self.maximumNameBytes
            ? String(decoding: json, as: UTF8.self)
            : "hash:" + String(decoding: CacheToken.name(of: String(decoding: json, as: UTF8.self)), as: UTF8.self)
    }

    private static func json(_ query: CachedQuery) -> [UInt8] {
        let filter = query.filter
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("method", query.method.rawValue)
        if let agent = filter.agentID { writer.member("agentId", agent.value) }
        if !filter.tags.isEmpty {
            writer.list("tags", filter.tags.map(\.value))
            if filter.tagMode == .all { writer.member("tagMode", "all") }
        }
        if let start = filter.start { writer.member("startDate", start.description) }
        if let end = filter.end { writer.member("endDate", end.description) }
        if let importance = filter.minimumImportance { writer.member("minImportance", importance) }
        if query.method != .count { writer.member("limit", query.limit) }
        if let position = query.position {
            writer.list("after", [position.timestamp.description, position.id.value])
        }
        if let readable = readable(query) { writer.list("readable", readable) }
        writer.endObject()
        return writer.bytes
    }

    /// The agents that the caller may read, unless that makes no difference.
    private static func readable(_ query: CachedQuery) -> [String]? {
        if let agent = query.filter.agentID { return query.scope.contains(agent) ? nil : [] }
        guard case .only(let agents, let prefixes) = query.scope else { return nil }
        return (agents.map(\.value) + prefixes.map { $0 + "*" }).sorted()
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        integer(value)
    }

    fileprivate mutating func list(_ name: StaticString, _ values: [String]) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
