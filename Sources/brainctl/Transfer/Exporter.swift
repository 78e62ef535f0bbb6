import BrainClient

/// Writes all memories that match, one a line, in the order of a query.
struct Exporter {
    private let client: BrainClient
    private let filter: QueryFilter
    private let keepsMetadata: Bool
    private let deadline: Duration

    /// The most memories of one answer; the daemon cuts it where the answer would be too long.
    private static let pageSize = 1_000

    init(client: BrainClient, filter: QueryFilter, keepsMetadata: Bool, deadline: Duration) {
        self.client = client
        self.filter = filter
        self.keepsMetadata = keepsMetadata
        self.deadline = deadline
    }

    /// Gives the lines page by page to `write`; returns how many there were. While one page is written the next is
    /// fetched.
    func run(progress: inout ProgressBar, write: ([UInt8]) async throws -> Void) async throws -> Int64 {
        var exported: Int64 = 0
        let total = progress.isShown ? try? await client.count(filter, deadline: deadline) : nil
        var page = try await page(cursor: nil)
        while true {
            let cursor = page.view["nextCursor"]?.string
            async let next = cursor == nil ? nil : self.page(cursor: cursor)
            let (bytes, count) = lines(page.view)
            try await write(bytes)
            exported += count
            if let drawn = progress.update(exported, fraction: total.map { Double(exported) / Double(max($0, 1)) }) {
                try await ByteSink.standardError.write(Array(drawn.utf8))
            }
            guard let following = try await next else { break }
            page = following
        }
        if let bytes = progress.clear() { try await ByteSink.standardError.write(Array(bytes.utf8)) }
        return exported
    }

    private func page(cursor: String?) async throws -> JSONText {
        let request = BrainRequest.query(filter, limit: Self.pageSize, cursor: cursor)
        let deadline = deadline
        return try await client.attempt { client throws(BrainError) in
            try await client.sendForText(request, deadline: deadline)
        }
    }

    private func lines(_ result: JSONView) -> (bytes: [UInt8], count: Int64) {
        guard let memories = result["memories"] else { return ([], 0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(memories.rawBytes.count)
        var count: Int64 = 0
        for memory in memories.elements {
            bytes += keepsMetadata ? Array(memory.rawBytes) : RecordText.withoutServerFields(memory).bytes
            bytes.append(0x0A)
            count += 1
        }
        return (bytes, count)
    }
}
