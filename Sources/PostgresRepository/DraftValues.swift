import MemoryModel
import PostgresDriver
import StrictJSON

/// Drafts as the array parameters of the statements that store them.
enum DraftValues {
    /// One array for each column, in the order of `RepositorySQL.drafts`, and all embeddings.
    static func values(_ drafts: [MemoryDraft]) -> [PostgresValue] {
        // PostgreSQL has no arrays of arrays of different lengths. Those of numbers travel as one, which takes a tenth of the
        // time that literals do; those of tags, which are short, as literals.
        var numbers: [Float] = []
        numbers.reserveCapacity(drafts.reduce(0) { $0 + ($1.embeddings?.count ?? 0) })
        var (firsts, lasts): ([Int32?], [Int32?]) = ([], [])
        for draft in drafts {
            firsts.append(draft.embeddings.map { _ in Int32(numbers.count + 1) })
            if let embeddings = draft.embeddings { numbers.append(contentsOf: embeddings) }
            lasts.append(draft.embeddings.map { _ in Int32(numbers.count) })
        }
        return [
            .textArray(drafts.map { $0.id.value }),
            .textArray(drafts.map { $0.agentID.value }),
            .timestamptzArray(drafts.map { PostgresTimestamp($0.timestamp) }),
            .jsonbArray(drafts.map { $0.context.bytes }),
            .textArray(drafts.map { literal($0.tags) }),
            .int2Array(drafts.map { Int16($0.importance) }),
            .timestamptzArray(drafts.map { $0.expiresAt.map(PostgresTimestamp.init) ?? .infinity }),
            .int4Array(firsts), .int4Array(lasts), .realArray(numbers),
        ]
    }

    /// One draft as the eight parameters of the statement that stores one.
    static func values(_ draft: MemoryDraft) -> [PostgresValue] {
        [
            .text(draft.id.value), .text(draft.agentID.value), .timestamptz(PostgresTimestamp(draft.timestamp)),
            .jsonb(bytes: draft.context.bytes), draft.embeddings.map(PostgresValue.realArray) ?? .null,
            .textArray(draft.tags.map(\.value)), .int2(Int16(draft.importance)),
            .timestamptz(draft.expiresAt.map(PostgresTimestamp.init) ?? .infinity),
        ]
    }

    /// A scope as the three parameters of `RepositorySQL.isInScope`.
    static func values(_ scope: AgentScope) -> [PostgresValue] {
        switch scope {
        case .all: [.bool(true), .textArray([]), .textArray([])]
        case .only(let agents, let prefixes):
            [.bool(false), .textArray(agents.map(\.value)), .textArray(Array(prefixes))]
        }
    }

    /// A `text[]` literal, its elements quoted.
    static func literal(_ tags: [Tag]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tags.reduce(2) { $0 + $1.value.utf8.count + 4 })
        bytes.append(UInt8(ascii: "{"))
        for (index, tag) in tags.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            if tag.value.utf8.contains(where: isSpecial) {
                for byte in tag.value.utf8 {
                    if isSpecial(byte) { bytes.append(UInt8(ascii: "\\")) }
                    bytes.append(byte)
                }
            } else {
                bytes.append(contentsOf: tag.value.utf8)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a byte of a quoted element needs a backslash.
    private static func isSpecial(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }
}
