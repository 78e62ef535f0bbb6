import ArgumentParser
import BrainClient

struct StoreCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Store one memory.",
        discussion: """
            A memory needs an agent and something to remember: a text, or any JSON object with --context. With \
            --id it replaces the memory of that id, whole; without, the daemon makes an id. `-` reads the whole \
            record as JSON from standard input; version, createdAt and updatedAt in it are passed over. Many \
            records: brainctl import.

            EXAMPLES:
              brainctl store --agent caroline "Mel likes her tea without milk"
              brainctl store --agent caroline --expires-in 5d "Mel visits on Friday"
              brainctl store --agent caroline --tag tea --importance 7 "Buy tea"
              brainctl store --agent bot --id build.42 --context '{"result":"ok"}'
              brainctl store --agent bot --id build.42 --if-version 3 "red again"
              echo '{"agentId":"bot","context":{"text":"hello"}}' | brainctl store -
            """)

    @Argument(help: ArgumentHelp("What to remember, or - for a record as JSON from standard input.", valueName: "text"))
    var argument: String?

    @Option(name: .long, help: ArgumentHelp("The agent whose memory it is.", valueName: "agent"))
    var agent: String?

    @Option(name: .long, help: ArgumentHelp("What to remember, as {\"text\": …}.", valueName: "text"))
    var text: String?

    @Option(name: .long, help: ArgumentHelp("What to remember, as a JSON object.", valueName: "json"))
    var context: String?

    @Option(name: .customLong("tag"), help: ArgumentHelp("A tag; repeat it for more.", valueName: "tag"))
    var tags: [String] = []

    @Option(name: .long, help: ArgumentHelp("How much it matters, 1 to 10; without it, 5.", valueName: "number"))
    var importance: Int?

    @Option(name: .long, help: ArgumentHelp("Forget it after so long: 90s, 15m, 1h, 2d, 1w.", valueName: "span"))
    var expiresIn: SpanArgument?

    @Option(name: .long, help: ArgumentHelp("Forget it from then on: a date or a timestamp.", valueName: "time"))
    var expiresAt: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("The memory's name; without it, the daemon makes one.", valueName: "id"))
    var id: String?

    @Option(
        name: .long, help: ArgumentHelp("When it happened: a date, a timestamp or how long ago.", valueName: "time"))
    var timestamp: TimeArgument?

    @Option(
        name: .long,
        help: ArgumentHelp("Only if the memory has this version; 0: if there is none.", valueName: "number"))
    var ifVersion: Int64?

    @Option(name: .long, help: ArgumentHelp("An embedding, as a JSON array of numbers.", valueName: "json"))
    var embeddings: String?

    @OptionGroup var connection: ConnectionOptions

    private var readsRecord: Bool { argument == "-" }

    func validate() throws {
        if let expiresAt, expiresAt.isRelative {
            throw ValidationError("--expires-at takes a date or a timestamp; say how long with --expires-in")
        }
        if expiresAt != nil, expiresIn != nil { throw ValidationError("give --expires-in or --expires-at, not both") }
        let contents = [argument, text, context].compactMap(\.self).count
        if readsRecord {
            let hasRecordOptions =
                contents > 1 || agent != nil || !tags.isEmpty || importance != nil || expiresIn != nil
                || expiresAt != nil || id != nil || timestamp != nil || embeddings != nil
            if hasRecordOptions { throw ValidationError("with - the record comes whole from standard input") }
            return
        }
        if contents == 0 { throw ValidationError("what is to be remembered? give a text, --context JSON, or -") }
        if contents > 1 { throw ValidationError("give one of a text, --text and --context") }
        if agent == nil { throw ValidationError("whose memory is it? give --agent") }
    }

    func request(now: Timestamp) async throws -> BrainRequest<StoreOutcome> {
        if readsRecord {
            return .store(record: try await RecordInput.read(.standardInput), ifVersion: ifVersion)
        }
        var expiry = expiresAt?.resolved(now: now)
        if let expiresIn { expiry = now.advanced(byMicroseconds: expiresIn.microseconds) }
        var memory = NewMemory(
            id: id, agentID: agent ?? "", timestamp: timestamp?.resolved(now: now), context: try contextText(),
            tags: tags, importance: importance, expiresAt: expiry)
        if let embeddings { memory.embeddings = try JSONArgument.numbers(embeddings, option: "--embeddings") }
        return .store(memory, ifVersion: ifVersion)
    }

    private func contextText() throws(Failure) -> JSONText {
        if let context { return try JSONArgument.object(context, option: "--context") }
        return (["text": .string(text ?? argument ?? "")] as JSONValue).text
    }

    func present(_ outcome: StoreOutcome, on screen: Screen) -> String {
        let word = outcome.created ? "stored" : "replaced"
        return "\(screen.terminal.paint(word, .green)) \(outcome.id), version \(outcome.version)"
    }
}
