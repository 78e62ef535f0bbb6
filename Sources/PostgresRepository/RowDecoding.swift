import MemoryModel
import PostgresDriver
import StrictJSON

extension PostgresRows {
    /// The record that begins at column 0, in the order of `MemoryFilterSQL.recordColumns`.
    func record(_ row: Int) throws -> MemoryRecord {
        var draft = MemoryDraft(
            id: try memoryID(row, 0), agentID: try agentID(row, 1), timestamp: try timestamp(row, 2),
            context: try json(row, 3))
        draft.embeddings = isNull(row, 4) ? nil : try realArray(row, 4)
        draft.tags = try tags(row, 5)
        draft.importance = Int(try int2(row, 6))
        draft.expiresAt = try instant(row, 7)
        return MemoryRecord(
            draft: draft, version: try int8(row, 8), createdAt: try timestamp(row, 9),
            updatedAt: try timestamp(row, 10))
    }

    /// Every row's record.
    func records() throws -> [MemoryRecord] { try (0..<rowCount).map(record) }

    /// How many columns a record has: where others begin.
    static let recordWidth = 11

    /// A memory's id.
    func memoryID(_ row: Int, _ column: Int) throws -> MemoryID {
        guard let id = MemoryID(try text(row, column)) else { throw Self.unexpected("memory id") }
        return id
    }

    /// An agent's id.
    func agentID(_ row: Int, _ column: Int) throws -> AgentID {
        guard let id = AgentID(try text(row, column)) else { throw Self.unexpected("agent id") }
        return id
    }

    /// A tag.
    func tag(_ row: Int, _ column: Int) throws -> Tag {
        guard let tag = Tag(try text(row, column)) else { throw Self.unexpected("tag") }
        return tag
    }

    /// A `text[]` of tags.
    func tags(_ row: Int, _ column: Int) throws -> [Tag] {
        try textArray(row, column).map { text in
            guard let tag = text.flatMap(Tag.init) else { throw Self.unexpected("tag") }
            return tag
        }
    }

    /// A `text[]` of agents' ids.
    func agentIDs(_ row: Int, _ column: Int) throws -> [AgentID] {
        try textArray(row, column).map { text in
            guard let id = text.flatMap(AgentID.init) else { throw Self.unexpected("agent id") }
            return id
        }
    }

    /// A `jsonb`, compact.
    func json(_ row: Int, _ column: Int) throws -> JSONText {
        try withBytes(row, column) { JSONText(compactingTrusted: $0) }
    }

    /// A finite `timestamptz`.
    func timestamp(_ row: Int, _ column: Int) throws -> Timestamp {
        guard let timestamp = try instant(row, column) else { throw Self.unexpected("timestamp") }
        return timestamp
    }

    /// A `timestamptz`; nil for infinity, which stands for never.
    func instant(_ row: Int, _ column: Int) throws -> Timestamp? {
        let value = try timestamptz(row, column)
        if value == .infinity { return nil }
        guard let timestamp = value.microsecondsSinceUnixEpoch.flatMap(Timestamp.init(microseconds:)) else {
            throw Self.unexpected("timestamp")
        }
        return timestamp
    }

    /// What the schema's constraints rule out.
    private static func unexpected(_ thing: String) -> PostgresError {
        .protocolViolation("a stored \(thing) breaks its rule")
    }
}
