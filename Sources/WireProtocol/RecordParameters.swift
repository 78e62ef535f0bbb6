public import MemoryModel
public import StrictJSON

/// A memory record as a caller sends it, checked; what the server fills in may be absent.
public struct RecordParameters: Hashable, Sendable {
    /// The memory's name, or nil for one that the server makes.
    public var id: MemoryID?

    /// The agent it belongs to.
    public var agentID: AgentID

    /// When it happened, or nil for now.
    public var timestamp: Timestamp?

    /// A JSON object.
    public var context: JSONText

    /// Numbers, or nil.
    public var embeddings: [Float]?

    /// Distinct and sorted.
    public var tags: [Tag]

    /// 1 to 10.
    public var importance: Int

    /// The instant from which on it is in no answer; nil for never.
    public var expiresAt: Timestamp?

    private let path: ObjectPath

    /// The path of `expiresAt` in the request, for the check that needs a clock.
    public var expiresAtField: String { path.member("expiresAt") }

    private static let fields: [StaticString] = [
        "id", "agentId", "timestamp", "context", "embeddings", "tags", "importance", "expiresAt",
    ]

    private static let contextFields: [StaticString] = [
        "agentId", "context", "tags", "importance", "expiresAt", "embeddings",
    ]

    /// Reads a record at `path`.
    init(_ view: JSONView, path: ObjectPath) throws(StoreError) {
        let reader = try ObjectReader(view, path: path, known: Self.fields)
        try reader.rejectUnknown { name in
            ["version", "createdAt", "updatedAt"].contains(name)
                ? "\(path.member(name)) is the server's to give: strip it" : nil
        }
        try self.init(reader, path: path)
        if let value = try reader.optional("id") { id = try ObjectReader.memoryID(value, at: reader.path(of: "id")) }
        timestamp = try reader.timestamp("timestamp")
    }

    /// Reads the parameters of a storeContext.
    init(context params: JSONView?) throws(StoreError) {
        let reader = try ObjectReader(params, path: .params, known: Self.contextFields)
        try reader.rejectUnknown()
        try self.init(reader, path: .params)
    }

    /// Reads what store and storeContext share.
    private init(_ reader: ObjectReader, path: ObjectPath) throws(StoreError) {
        self.path = path
        agentID = try reader.agentID()
        guard
            let context = try reader.object(
                "context", maximumBytes: Limits.contextBytes, maximumDepth: Limits.contextDepth)
        else { throw .invalid(reader.path(of: "context"), "\(reader.path(of: "context")) is required") }
        self.context = context
        embeddings = try reader.floats("embeddings", count: 1...Limits.embeddings)
        tags = try reader.tags("tags")
        let range = Int64(Limits.importance.lowerBound)...Int64(Limits.importance.upperBound)
        importance = Int(try reader.integer("importance", in: range) ?? Int64(Limits.defaultImportance))
        expiresAt = try reader.nullable("expiresAt").map { value throws(StoreError) in
            try ObjectReader.timestamp(value, at: reader.path(of: "expiresAt"))
        }
    }
}
