import ArgumentParser
import BrainClient

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Find memories, newest first.",
        discussion: """
            With --json one page comes as the daemon answers it; with --json --all every memory that matches comes \
            as a line of its own (JSON Lines).

            EXAMPLES:
              brainctl query --agent caroline
              brainctl query --tag tea --tag mel --all-tags --since 7d
              brainctl query --since 2026-01-01 --until 2026-01-31 --min-importance 8
              brainctl query --all --json --tag tea | jq -r .context.text
            """)

    @OptionGroup var filter: FilterOptions

    @Option(
        name: .long, help: ArgumentHelp("The most memories of a page, 1 to 1000; without it, 100.", valueName: "number")
    )
    var limit: Int?

    @Flag(name: .long, help: "Show every page, not just one.")
    var all = false

    @Option(name: .long, help: ArgumentHelp("Go on where the page before ended.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let now = Timestamp.now
        let client = try connection.client { if all { $0.retry = .standard } }
        let filter = filter.filter(now: now)
        var table = MemoryTable(on: Screen(terminal: .output, now: now), showsAgent: filter.agentID == nil)
        var next = cursor
        var shown = 0
        repeat {
            let request = BrainRequest.query(filter, limit: limit ?? (all ? 500 : nil), cursor: next)
            let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
            next = result.view["nextCursor"]?.string
            if connection.json {
                try await ByteSink.standardOutput.write(all ? Self.lines(result) : result.bytes + [0x0A])
                continue
            }
            let page = try client.read(result, request)
            shown += page.memories.count
            let lines = page.memories.isEmpty ? [] : table.lines(page.memories)
            if !lines.isEmpty { try await ByteSink.standardOutput.line(lines.joined(separator: "\n")) }
        } while all && next != nil
        if !connection.json { try await tellRest(shown: shown, next: next, now: now) }
    }

    /// The memories of a page, one a line.
    private static func lines(_ result: JSONText) -> [UInt8] {
        var lines: [UInt8] = []
        for memory in result.view["memories"]?.elements ?? JSONText.emptyObject.view.elements {
            lines += memory.rawBytes
            lines.append(0x0A)
        }
        return lines
    }

    /// What a person should know beside the table; on standard error, so that the table can be piped on.
    private func tellRest(shown: Int, next: String?, now: Timestamp) async throws {
        if shown == 0 {
            try await ByteSink.standardError.line("nothing matches")
        } else if let next {
            let words = "\(Numbers.counted(shown, "memory", "memories")) shown, more match: use --all, or go on with"
            try await ByteSink.standardError.line("\(words) \(filter.content.restated(now: now))--cursor \(next)")
        }
    }
}
