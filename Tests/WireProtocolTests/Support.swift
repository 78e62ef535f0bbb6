import MemoryModel
import NIOCore
import StrictJSON
import Testing
import WireProtocol

/// The project's tags; Testing has some of its own.
typealias MemoryTag = MemoryModel.Tag

/// Records an issue: `return fail("…")` ends a test that can't go on.
func fail(_ message: String, sourceLocation: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: message), sourceLocation: sourceLocation)
}

/// The error that `body` throws; nil when it throws none.
func storeError(_ body: () throws(StoreError) -> Void) -> StoreError? {
    do throws(StoreError) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// The call that a method makes of parameters written in JSON; nil stands for none.
func decode(_ method: ProtocolMethod, _ params: String?) throws -> MethodCall {
    try MethodCall(method, params: params.map { try JSONDocument(parsing: Array($0.utf8)).root })
}

/// Why a method refuses parameters written in JSON; nil when it takes them.
func refusal(_ method: ProtocolMethod, _ params: String?) throws -> StoreError? {
    let view = try params.map { try JSONDocument(parsing: Array($0.utf8)).root }
    return storeError { () throws(StoreError) in _ = try MethodCall(method, params: view) }
}

/// The payload of a frame that is whole.
func payload(_ frame: [UInt8]) throws -> [UInt8] {
    var decoder = FrameDecoder(maximumFrameBytes: 1 << 30)
    var buffer = ByteBuffer(bytes: frame)
    decoder.append(&buffer)
    guard case .frame(let payload) = decoder.next(), decoder.bufferedBytes == 0 else {
        throw StoreError(.internalError, "not one whole frame")
    }
    return payload
}

/// Records, ids and instants in short.
enum Sample {
    static func id(_ text: String) throws -> MemoryID { try #require(MemoryID(text)) }

    static func agent(_ text: String) throws -> AgentID { try #require(AgentID(text)) }

    static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    static func tags(_ texts: String...) throws -> [MemoryTag] {
        try texts.map { text in try #require(MemoryTag(text)) }
    }

    /// A record with every field when `isFull`, else with none that may be absent.
    static func record(_ id: String = "m1", context: String = "{}", isFull: Bool = false) throws -> MemoryRecord {
        var draft = MemoryDraft(
            id: try Self.id(id), agentID: try agent("alice"), timestamp: try time("2026-01-02T03:04:05.5Z"),
            context: try JSONText(parsing: context))
        if isFull {
            draft.embeddings = [0.1, -1, 1e-30]
            draft.tags = try tags("a", "b")
            draft.importance = 9
            draft.expiresAt = try time("2027-01-01T00:00:00Z")
        }
        return MemoryRecord(
            draft: draft, version: 3, createdAt: try time("2026-01-02T03:04:06Z"),
            updatedAt: try time("2026-01-02T03:04:07Z"))
    }
}
