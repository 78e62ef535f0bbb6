import BrainClient

/// Memories as a table, one a line.
struct MemoryTable {
    private let screen: Screen
    private let showsAgent: Bool
    private var table: Table

    /// A table for `screen`. Without `showsAgent` it leaves out the agent, which is the same in each row.
    init(on screen: Screen, showsAgent: Bool) {
        self.screen = screen
        self.showsAgent = showsAgent
        var columns: [Table.Column] = [.init(title: "ID", minimum: 12), .init(title: "WHEN", minimum: 12)]
        if showsAgent { columns.insert(.init(title: "AGENT", minimum: 10), at: 1) }
        columns += [
            .init(title: "IMP", alignment: .right, minimum: 3), .init(title: "TAGS", minimum: 10),
            .init(title: "CONTENT", minimum: 26),
        ]
        table = Table(columns, on: screen.terminal)
    }

    /// A page of memories as lines; the first page brings the titles.
    mutating func lines(_ memories: [MemoryRecord]) -> [String] {
        table.lines(memories.map(row))
    }

    private func row(_ memory: MemoryRecord) -> [Table.Cell] {
        let draft = memory.draft
        let isImportant = draft.importance >= 8
        var cells: [Table.Cell] = [
            .init(draft.id.value), .init(RelativeTime.describe(draft.timestamp, now: screen.now), .dim),
            .init("\(draft.importance)", isImportant ? .yellow : nil),
            .init(draft.tags.map(\.value).joined(separator: " "), .cyan), .init(ContextSummary.line(draft.context)),
        ]
        if showsAgent { cells.insert(.init(draft.agentID.value), at: 1) }
        return cells
    }
}

/// What a context is about, in one line.
enum ContextSummary {
    /// The members that hold what a person would read first.
    private static let telling = ["text", "message", "content", "summary", "title"]

    /// The longest line that is made; a table cuts it further.
    private static let maximumLength = 500

    static func line(_ context: JSONText) -> String {
        for name in telling {
            if let text = context.view[name]?.string, !text.isEmpty { return String(text.prefix(maximumLength)) }
        }
        return String(String(decoding: context.bytes.prefix(4 * maximumLength), as: UTF8.self).prefix(maximumLength))
    }
}
