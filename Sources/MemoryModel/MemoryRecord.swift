public import StrictJSON

/// What a caller asks to be remembered, checked and complete: the id and the timestamp are filled in.
public struct MemoryDraft: Hashable, Sendable {
    /// The memory's name.
    public var id: MemoryID

    /// The agent it belongs to.
    public var agentID: AgentID

    /// When it happened.
    public var timestamp: Timestamp

    /// A JSON object of at most `Limits.contextBytes`.
    public var context: JSONText

    /// 1 to `Limits.embeddings` finite numbers, or nil.
    public var embeddings: [Float]?

    /// At most `Limits.tags`, distinct and sorted.
    public var tags: [Tag]

    /// 1 to 10.
    public var importance: Int

    /// The instant from which on it is in no answer; nil for never.
    public var expiresAt: Timestamp?

    /// Makes a draft of values that were checked before.
    public init(
        id: MemoryID, agentID: AgentID, timestamp: Timestamp, context: JSONText, embeddings: [Float]? = nil,
        tags: [Tag] = [], importance: Int = Limits.defaultImportance, expiresAt: Timestamp? = nil
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
}

/// A memory as the store holds it.
public struct MemoryRecord: Hashable, Sendable {
    /// What was stored.
    public var draft: MemoryDraft

    /// Starts at 1 and grows by 1 with each write of the id.
    public var version: Int64

    /// When version 1 was written.
    public var createdAt: Timestamp

    /// When this version was written.
    public var updatedAt: Timestamp

    /// Makes a record of its parts.
    public init(draft: MemoryDraft, version: Int64, createdAt: Timestamp, updatedAt: Timestamp) {
        self.draft = draft
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What became of one stored draft.
public struct StoreOutcome: Hashable, Sendable {
    /// The memory's id.
    public var id: MemoryID

    /// Its version from now on.
    public var version: Int64

    /// Whether there was no such memory before.
    public var created: Bool

    /// Makes an outcome of its parts.
    public init(id: MemoryID, version: Int64, created: Bool) {
        self.id = id
        self.version = version
        self.created = created
    }
}
