import MemoryModel
import StrictJSON

extension ObjectReader {
    /// A required agent id.
    func agentID(_ name: String = "agentId") throws(StoreError) -> AgentID {
        try Self.agentID(try required(name), at: path(of: name))
    }

    /// An agent id, or nil when it is absent.
    func optionalAgentID(_ name: String = "agentId") throws(StoreError) -> AgentID? {
        guard let value = try optional(name) else { return nil }
        return try Self.agentID(value, at: path(of: name))
    }

    private static func agentID(_ value: JSONView, at field: String) throws(StoreError) -> AgentID {
        guard let agent = AgentID(try string(value, at: field)) else {
            throw .invalid(field, "\(field) \(AgentID.rule), got \(value.excerpt)")
        }
        return agent
    }

    /// A required memory id.
    func memoryID(_ name: String = "id") throws(StoreError) -> MemoryID {
        try Self.memoryID(try required(name), at: path(of: name))
    }

    /// The memory id in `value`, at `field`.
    static func memoryID(_ value: JSONView, at field: String) throws(StoreError) -> MemoryID {
        guard let id = MemoryID(try string(value, at: field)) else {
            throw .invalid(field, "\(field) \(MemoryID.rule), got \(value.excerpt)")
        }
        return id
    }

    /// A list that follows the rules of tags, distinct and sorted; empty when it is absent.
    func tags(_ name: String) throws(StoreError) -> [Tag] {
        var tags: [Tag] = []
        for (field, value) in try elements(name, count: 0...Limits.tags) ?? [] {
            guard let tag = Tag(try Self.string(value, at: field)) else {
                throw .invalid(field, "\(field) \(Tag.rule), got \(value.excerpt)")
            }
            tags.append(tag)
        }
        return Tag.normalized(tags)
    }

    /// An RFC 3339 timestamp, or nil when it is absent.
    func timestamp(_ name: String) throws(StoreError) -> Timestamp? {
        guard let value = try optional(name) else { return nil }
        return try Self.timestamp(value, at: path(of: name))
    }

    /// The RFC 3339 timestamp in `value`, at `field`.
    static func timestamp(_ value: JSONView, at field: String) throws(StoreError) -> Timestamp {
        guard let timestamp = Timestamp(rfc3339: try string(value, at: field)) else {
            throw .invalid(
                field,
                "\(field) must be an RFC 3339 date and time in the years 0001 to 9999, such as 2026-01-02T03:04:05Z, "
                    + "got \(value.excerpt)")
        }
        return timestamp
    }

    /// A bound of a range of time, or nil when it is absent: a timestamp, or a date, whose first or last instant in UTC is
    /// meant.
    func timeBound(_ name: String, dateMeansItsEnd: Bool) throws(StoreError) -> Timestamp? {
        guard let value = try optional(name) else { return nil }
        let field = path(of: name)
        let text = try Self.string(value, at: field)
        if let day = Timestamp(date: text) {
            return dateMeansItsEnd ? day.advanced(byMicroseconds: Timestamp.microsecondsPerDay - 1) : day
        }
        guard let timestamp = Timestamp(rfc3339: text) else {
            throw .invalid(
                field,
                "\(field) must be an RFC 3339 date and time or a date in the years 0001 to 9999, got \(value.excerpt)")
        }
        return timestamp
    }

    /// A JSON object of at most `maximumBytes` in compact form, nested at most `maximumDepth` deep; nil when it is absent.
    func object(_ name: String, maximumBytes: Int, maximumDepth: Int) throws(StoreError) -> JSONText? {
        guard let value = try optional(name) else { return nil }
        let field = path(of: name)
        guard value.kind == .object else {
            throw .invalid(field, "\(field) must be an object, got \(value.kind.phrase)")
        }
        let depth = value.nestingDepth
        guard depth <= maximumDepth else {
            throw .invalid(field, "\(field) may nest at most \(maximumDepth) levels deep, got \(depth)")
        }
        let text = value.compacted()
        guard text.bytes.count <= maximumBytes else {
            throw .invalid(
                field, "\(field) may have at most \(maximumBytes) bytes as compact UTF-8 JSON, got \(text.bytes.count)")
        }
        return text
    }

    /// `limit`, or `Limits.defaultPage` when it is absent.
    func limit() throws(StoreError) -> Int {
        let range = Int64(Limits.page.lowerBound)...Int64(Limits.page.upperBound)
        return Int(try integer("limit", in: range) ?? Int64(Limits.defaultPage))
    }
}
