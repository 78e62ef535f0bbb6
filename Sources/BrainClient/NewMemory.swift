public import MemoryModel
public import StrictJSON

/// A memory to store. The daemon checks it; what is nil the daemon fills in or leaves out.
///
///     NewMemory(agentID: "caroline", context: ["text": "Tea with Mel"], tags: ["mel", "tea"], importance: 3)
public struct NewMemory: Hashable, Sendable {
    /// The memory's name, or nil for a UUID that the daemon makes. A name makes storing again safe.
    public var id: String?

    /// The agent it belongs to.
    public var agentID: String

    /// When it happened; nil for now.
    public var timestamp: Timestamp?

    /// A JSON object of at most `Limits.contextBytes`.
    public var context: JSONText

    /// 1 to `Limits.embeddings` finite numbers, or nil.
    public var embeddings: [Float]?

    /// At most `Limits.tags`.
    public var tags: [String]

    /// 1 to 10; nil for `Limits.defaultImportance`.
    public var importance: Int?

    /// The instant from which on it is in no answer; nil for never.
    public var expiresAt: Timestamp?

    /// A memory whose context is JSON text.
    public init(
        id: String? = nil, agentID: String, timestamp: Timestamp? = nil, context: JSONText,
        embeddings: [Float]? = nil, tags: [String] = [], importance: Int? = nil, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.agentID = agentID
        self.timestamp = timestamp
        self.context = context
        self.embeddings = embeddings
        self.tags = tags
        self.importance = importance
        self.expiresAt = expiresAt
    }

    /// A memory whose context is a JSON value.
    public init(
        id: String? = nil, agentID: String, timestamp: Timestamp? = nil, context: JSONValue,
        embeddings: [Float]? = nil, tags: [String] = [], importance: Int? = nil, expiresAt: Timestamp? = nil
    ) {
        self.init(
            id: id, agentID: agentID, timestamp: timestamp, context: context.text, embeddings: embeddings, tags: tags,
            importance: importance, expiresAt: expiresAt)
    }

    /// A memory that is stored again as `record` has it, under the same id.
    public init(_ record: MemoryRecord) {
        let draft = record.draft
        self.init(
            id: draft.id.value, agentID: draft.agentID.value, timestamp: draft.timestamp, context: draft.context,
            embeddings: draft.embeddings, tags: draft.tags.map(\.value), importance: draft.importance,
            expiresAt: draft.expiresAt)
    }
}

/// What an agent says of itself.
public struct NewRegistration: Hashable, Sendable {
    /// The agent.
    public var agentID: String

    /// A name for people, at most `Limits.agentNameLength` code points.
    public var name: String?

    /// What it can do; at most `Limits.tags`.
    public var capabilities: [String]

    /// A JSON object of at most `Limits.agentMetadataBytes`.
    public var metadata: JSONText

    /// A registration with metadata that is a JSON value, an object.
    public init(agentID: String, name: String? = nil, capabilities: [String] = [], metadata: JSONValue = [:]) {
        self.agentID = agentID
        self.name = name
        self.capabilities = capabilities
        self.metadata = metadata.text
    }
}
