import ArgumentParser
import BrainClient

/// What a command writes to: where its output goes, and the present time.
struct Screen: Sendable {
    let terminal: Terminal
    let now: Timestamp

    /// Standard output, now.
    static var standard: Screen { Screen(terminal: .output, now: .now) }
}

/// A command that sends one request and shows its answer.
protocol RequestCommand: AsyncParsableCommand {
    associatedtype Answer: Sendable

    var connection: ConnectionOptions { get }

    /// How long the daemon may take unless the person says otherwise; nil: as long as for any call.
    var patience: Duration? { get }

    /// What is asked.
    func request(now: Timestamp) async throws -> BrainRequest<Answer>

    /// The answer for a person, without the last line break.
    func present(_ answer: Answer, on screen: Screen) throws -> String

    /// How the program ends after the answer.
    func status(of answer: Answer) -> Failure.ExitStatus
}

extension RequestCommand {
    /// Every answer is a success, unless the command knows better.
    func status(of answer: Answer) -> Failure.ExitStatus { .ok }

    var patience: Duration? { nil }

    /// Sends the request and shows the answer.
    func run() async throws {
        let (result, answer) = try await ask(try connection.client())
        let text = connection.json ? result.description : try present(answer, on: .standard)
        try await ByteSink.standardOutput.line(text)
        let status = status(of: answer)
        if status != .ok { throw ArgumentParser.ExitCode(status.rawValue) }
    }

    /// Sends the request; the result as it came, and what it means.
    func ask(_ client: BrainClient) async throws -> (result: JSONText, answer: Answer) {
        let request = try await request(now: .now)
        let deadline = connection.deadline ?? patience
        let result = try await client.attempt { client throws(BrainError) in
            try await client.sendForText(request, deadline: deadline)
        }
        return (result, try client.read(result, request))
    }
}

extension BrainClient {
    /// Runs `work`, and turns its error into one for the person at the terminal.
    func attempt<Value: Sendable>(
        namesOptions: Bool = true, _ work: (BrainClient) async throws(BrainError) -> Value
    ) async throws(Failure) -> Value {
        do throws(BrainError) {
            return try await work(self)
        } catch {
            throw Failure(error, socketPath: socketPath, namesOptions: namesOptions)
        }
    }

    /// The answer that `result` is to `request`.
    func read<Answer>(_ result: JSONText, _ request: BrainRequest<Answer>) throws(Failure) -> Answer {
        do throws(AnswerFault) {
            return try request.answer(from: result.view)
        } catch {
            throw Failure(.protocolViolation(reason: error.reason), socketPath: socketPath)
        }
    }
}
