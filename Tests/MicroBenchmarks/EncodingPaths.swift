import MemoryModel
import WireProtocol

/// From a result to bytes.
enum EncodingPaths {
    private static let pageLength = 10

    static func all() throws -> [HotPath] {
        guard case .store(let record, _) = try Samples.decode(Samples.store), let memoryID = record.id,
            let timestamp = record.timestamp, let now = Timestamp(microseconds: 1_700_000_000_123_456)
        else { throw WrongResult("no record") }
        let draft = MemoryDraft(
            id: memoryID, agentID: record.agentID, timestamp: timestamp, context: record.context, tags: record.tags,
            importance: record.importance)
        let memory = MemoryRecord(draft: draft, version: 1, createdAt: now, updatedAt: now)
        let encoder = AnswerEncoder()
        let members = encoder.members(of: .memory(memory, servedFrom: nil))
        let page = MemoryPage(memories: Array(repeating: memory, count: pageLength), next: nil)
        let id = RPCIdentifier(1234)
        return [
            HotPath("answer-cached") {
                blackHole(encoder.answer(id, .encoded(members: members, servedFrom: .cache, agent: draft.agentID)))
            },
            HotPath("answer-memory") { blackHole(encoder.answer(id, .memory(memory, servedFrom: .store))) },
            HotPath("answer-page-of-10") {
                blackHole(encoder.answer(id, .page(page, filter: MemoryFilter(), servedFrom: .store)))
            },
        ]
    }
}
