import MemoryModel
import StrictJSON

extension ObjectReader {
    /// A required agent id.
    func agentID(_ name: StaticString = "agentId") throws(StoreError) -> AgentID {
        try Self.agentID(try required(name), at: path(of: name))
    }

    /// An agent id, or nil when it is absent.
    func optionalAgentID(_ name: StaticString = "agentId") throws(StoreError) -> AgentID? {
        guard let value = try optional(name) else { return nil }
        return try Self.agentID(value, at: path(of: name))
    }

    private static func agentID(_ value: JSONView, at field: @autoclosure () -> String) throws(StoreError) -> AgentID {
        guard let agent = AgentID(try string(value, at: field())) else {
            let field = field()
            throw .invalid(field, "\(field) \(AgentID.rule), got \(value.excerpt)")
        }
        return agent
    }

    /// A required memory id.
    func memoryID(_ name: StaticString = "id") throws(StoreError) -> MemoryID {
        try Self.memoryID(try required(name), at: path(of: name))
    }

    /// The memory id in `value`, at `field`.
    static func memoryID(_ value: JSONView, at field: @autoclosure () -> String) throws(StoreError) -> MemoryID {
        guard let id = MemoryID(try string(value, at: field())) else {
            let field = field()
            throw .invalid(field, "\(field) \(MemoryID.rule), got \(value.excerpt)")
        }
        return id
    }

    /// A list that follows the rules of tags, distinct and sorted; empty when it is absent.
    func tags(_ name: StaticString) throws(StoreError) -> [Tag] {
        var tags: [Tag] = []
        for value in try elements(name, count: 0...Limits.tags) ?? [] {
            guard let tag = Tag(try Self.string(value, at: path(of: name, tags.count))) else {
                let field = path(of: name, tags.count)
                throw .invalid(field, "\(field) \(Tag.rule), got \(value.excerpt)")
            }
            tags.append(tag)
        }
        return Tag.normalized(tags)
    }

    /// An RFC 3339 timestamp, or nil when it is absent.
    func timestamp(_ name: StaticString) throws(StoreError) -> Timestamp? {
        guard let value = try optional(name) else { return nil }
        return try Self.timestamp(value, at: path(of: name))
    }

    /// The RFC 3339 timestamp in `value`, at `field`.
    static func timestamp(_ value: JSONView, at field: @autoclosure () -> String) throws(StoreError) -> Timestamp {
        guard let outcome = value.withText({ Timestamp(rfc3339: $0) }) else { throw notAString(value, at: field()) }
        guard let timestamp = outcome else {
            let field = field()
            throw .invalid(
                field,
                "\(field) must be an RFC 3339 date and time in the years 0001 to 9999, such as 2026-01-02T03:04:05Z, "
                    + "got \(value.excerpt)")
        }
        return timestamp
    }

    /// A bound of a range of time, or nil when it is absent: a timestamp, or a date, whose first or last instant in UTC is
    /// meant.
    func timeBound(_ name: StaticString, dateMeansItsEnd: Bool) throws(StoreError) -> Timestamp? {
        guard let value = try optional(name) else { return nil }
        let text = try Self.string(value, at: path(of: name))
        if let day = Timestamp(date: text) {
            return dateMeansItsEnd ? day.advanced(byMicroseconds: Timestamp.microsecondsPerDay - 1) : day
        }
        guard let timestamp = Timestamp(rfc3339: text) else {
            let field = path(of: name)
            throw .invalid(
                field,
                "\(field) must be an RFC 3339 date and time or a date in the years 0001 to 9999, got \(value.excerpt)")
        }
        return timestamp
    }

    /// A JSON object of at most `maximumBytes` in compact form, nested at most `maximumDepth` deep; nil when it is absent.
    func object(_ name: StaticString, maximumBytes: Int, maximumDepth: Int) throws(StoreError) -> JSONText? {
        guard let value = try optional(name) else { return nil }
        guard value.kind == .object else {
            throw .invalid(path(of: name), "\(path(of: name)) must be an object, got \(value.kind.phrase)")
        }
        let depth = value.nestingDepth
        guard depth <= maximumDepth else {
            throw .invalid(
                path(of: name), "\(path(of: name)) may nest at most \(maximumDepth) levels deep, got \(depth)")
        }
        let text = value.compacted()
        guard text.bytes.count <= maximumBytes else {
            let bounds = "at most \(maximumBytes) bytes as compact UTF-8 JSON"
            throw .invalid(path(of: name), "\(path(of: name)) may have \(bounds), got \(text.bytes.count)")
        }
        return text
    }

    /// `limit`, or `Limits.defaultPage` when it is absent.
    func limit() throws(StoreError) -> Int {
        let range = Int64(Limits.page.lowerBound)...Int64(Limits.page.upperBound)
        return Int(try integer("limit", in: range) ?? Int64(Limits.defaultPage))
    }
}
