import ArgumentParser
import BrainClient

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show memories by their ids.",
        discussion: """
            `-` reads ids from standard input, one a line. It ends with 1 when one of them does not exist.

            EXAMPLES:
              brainctl get build.42
              brainctl get --json build.42 build.43
              brainctl query --agent bot --json | jq -r '.memories[].id' | brainctl get -
            """)

    @Argument(help: ArgumentHelp("The memories' ids, or - to read them from standard input.", valueName: "id"))
    var ids: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        if ids.count == 1, ids != ["-"] { return try await showOne(ids[0], client) }
        var missing: [String] = []
        var isFirst = true
        var input = IDInput(arguments: ids)
        while let batch = try await input.next(upTo: Limits.batch.upperBound) {
            let request = BrainRequest.getBatch(batch)
            let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
            let memories = try client.read(result, request)
            missing += zip(batch, memories).filter { $0.1 == nil }.map(\.0)
            if connection.json {
                try await ByteSink.standardOutput.line(result.description)
                continue
            }
            for memory in memories.compactMap(\.self) {
                let separator = isFirst ? "" : "\n"
                try await ByteSink.standardOutput.line(separator + MemoryDetail.describe(memory, on: .standard))
                isFirst = false
            }
        }
        try report(missing)
    }

    private func showOne(_ id: String, _ client: BrainClient) async throws {
        let request = BrainRequest.get(id)
        let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
        let memory = try client.read(result, request).memory
        if connection.json {
            try await ByteSink.standardOutput.line(result.description)
        } else if let memory {
            try await ByteSink.standardOutput.line(MemoryDetail.describe(memory, on: .standard))
        }
        try report(memory == nil ? [id] : [])
    }

    private func report(_ missing: [String]) throws {
        guard let first = missing.first else { return }
        let more = missing.count > 1 ? ", nor \(Numbers.counted(missing.count - 1, "other", "others")) asked for" : ""
        throw Failure(message: "there is no memory \(DisplayText.sanitized(first))\(more)")
    }
}
