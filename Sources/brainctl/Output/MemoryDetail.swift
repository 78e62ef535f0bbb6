import BrainClient

/// One memory in full.
enum MemoryDetail {
    /// All fields of `memory`, its context as indented JSON.
    static func describe(_ memory: MemoryRecord, on screen: Screen) -> String {
        let draft = memory.draft
        var fields: [(name: String, value: String)] = [
            ("id", screen.terminal.paint(draft.id.value, .bold)), ("agent", draft.agentID.value),
            ("when", time(draft.timestamp, screen)), ("importance", "\(draft.importance)"),
        ]
        if !draft.tags.isEmpty {
            let tags = draft.tags.map { DisplayText.sanitized($0.value) }.joined(separator: ", ")
            fields.append(("tags", screen.terminal.paint(tags, .cyan)))
        }
        if let expiresAt = draft.expiresAt { fields.append(("expires", time(expiresAt, screen))) }
        if let embeddings = draft.embeddings { fields.append(("embeddings", summary(embeddings))) }
        fields.append(("created", time(memory.createdAt, screen)))
        if memory.version > 1 {
            fields.append(("changed", "\(time(memory.updatedAt, screen)), version \(memory.version)"))
        }
        let context = JSONPrinter(terminal: screen.terminal).print(draft.context.view)
        return (FieldList.lines(fields, on: screen.terminal) + [context]).joined(separator: "\n")
    }

    private static func time(_ time: Timestamp, _ screen: Screen) -> String {
        "\(RelativeTime.exact(time)) (\(RelativeTime.describe(time, now: screen.now)))"
    }

    private static func summary(_ embeddings: [Float]) -> String {
        let first = embeddings.prefix(4).map { "\($0)" }.joined(separator: ", ")
        let count = Numbers.counted(embeddings.count, "number", "numbers")
        return "\(count): \(first)\(embeddings.count > 4 ? ", …" : "")"
    }
}
