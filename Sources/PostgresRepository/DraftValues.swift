import MemoryModel
import PostgresDriver
import StrictJSON

/// Drafts as the array parameters of the statements that store them.
enum DraftValues {
    /// One array for each column, in the order of `RepositorySQL.drafts`.
    static func values(_ drafts: [MemoryDraft]) -> [PostgresValue] {
        [
            .textArray(drafts.map(\.id.value)),
            .textArray(drafts.map(\.agentID.value)),
            .timestamptzArray(drafts.map { PostgresTimestamp($0.timestamp) }),
            .jsonbArray(drafts.map(\.context.bytes)),
            .textArray(drafts.map { $0.embeddings.map(literal) }),
            .textArray(drafts.map { literal($0.tags) }),
            .int2Array(drafts.map { Int16($0.importance) }),
            .timestamptzArray(drafts.map { $0.expiresAt.map(PostgresTimestamp.init) ?? .infinity }),
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

    // PostgreSQL has no arrays of arrays of different lengths: the inner ones travel as literals.

    /// A `real[]` literal. Swift's shortest text of a float reads back as the same float.
    static func literal(_ numbers: [Float]) -> String {
        var text = "{"
        text.reserveCapacity(numbers.count * 12)
        for (index, number) in numbers.enumerated() {
            if index > 0 { text.append(",") }
            text.append(number.description)
        }
        text.append("}")
        return text
    }

    /// A `text[]` literal, its elements quoted.
    static func literal(_ tags: [Tag]) -> String {
        var bytes = Array("{".utf8)
        for (index, tag) in tags.enumerated() {
            bytes.append(contentsOf: (index > 0 ? ",\"" : "\"").utf8)
            for byte in tag.value.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }
}
