import ArgumentParser
import BrainClient

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete memories by their ids.",
        discussion: """
            `-` reads ids from standard input, one a line. It ends with 1 when one of them did not exist.

            EXAMPLES:
              brainctl delete build.42
              brainctl delete build.42 --if-version 3
              brainctl query --tag old --all --json | jq -r .id | brainctl delete -
            """)

    @Argument(help: ArgumentHelp("The memories' ids, or - to read them from standard input.", valueName: "id"))
    var ids: [String]

    @Option(name: .long, help: ArgumentHelp("Only if the memory has this version.", valueName: "number"))
    var ifVersion: Int64?

    @OptionGroup var connection: ConnectionOptions

    /// How many deletions are under way at once.
    private static let width = 64

    func validate() throws {
        if ifVersion != nil, ids.count > 1 || ids == ["-"] { throw ValidationError("--if-version is for one id") }
    }

    func run() async throws {
        let client = try connection.client()
        var missing = 0
        var input = IDInput(arguments: ids)
        while let batch = try await input.next(upTo: Self.width) {
            let results = try await client.attempt { client throws(BrainError) in
                try await delete(batch, client)
            }
            for (id, result) in zip(batch, results) {
                let wasThere = try client.read(result, .delete(id))
                missing += wasThere ? 0 : 1
                let words = wasThere ? "deleted \(id)" : "no memory \(DisplayText.sanitized(id))"
                try await ByteSink.standardOutput.line(connection.json ? result.description : words)
            }
        }
        if missing > 0 { throw ExitCode(Failure.ExitStatus.failed.rawValue) }
    }

    /// Deletes all of a batch at once; the results come in order.
    private func delete(_ ids: [String], _ client: BrainClient) async throws(BrainError) -> [JSONText] {
        let outcomes = await withTaskGroup(of: (Int, Result<JSONText, BrainError>).self) { group in
            for (index, id) in ids.enumerated() {
                group.addTask {
                    do throws(BrainError) {
                        return (index, .success(try await client.sendForText(.delete(id, ifVersion: ifVersion))))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return try outcomes.sorted { $0.0 < $1.0 }.map { outcome throws(BrainError) in try outcome.1.get() }
    }
}
