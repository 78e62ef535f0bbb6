/// Ids from the command line, or for `-` from standard input, one a line.
struct IDInput {
    private var waiting: ArraySlice<String>
    private var source: ByteSource?
    private var splitter = LineSplitter(limit: 4_096)

    init(arguments: [String]) {
        let readsInput = arguments == ["-"]
        waiting = readsInput ? [] : arguments[...]
        source = readsInput ? .standardInput : nil
    }

    /// The next ids, at most `limit` and at least one; nil after the last.
    mutating func next(upTo limit: Int) async throws -> [String]? {
        while waiting.count < limit, let source {
            let bytes = try await source.read(upTo: 65_536)
            let lines = bytes.isEmpty ? [splitter.end()].compactMap(\.self) : splitter.append(bytes)
            if bytes.isEmpty { self.source = nil }
            waiting += lines.map { String(decoding: $0.bytes ?? [], as: UTF8.self).trimmed }.filter { !$0.isEmpty }
        }
        guard !waiting.isEmpty else { return nil }
        defer { waiting = waiting.dropFirst(limit) }
        return Array(waiting.prefix(limit))
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        let start = self.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
