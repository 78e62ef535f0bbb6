import ArgumentParser
import BrainClient

/// A run of a worker that was asked for here, followed to its end.
struct WorkerRun {
    let name: String
    let connection: ConnectionOptions

    /// How often the daemon is asked how far it is. It looks at its ledger every few seconds itself.
    private static let interval = Duration.milliseconds(200)

    /// Begins the run, waits for its end unless told not to, and says what came of it. Ends the program with 1 when it
    /// failed.
    func perform(waits: Bool) async throws {
        let client = try connection.client()
        let request = BrainRequest<WorkerStart>.runWorker(name)
        let result = try await client.attempt(namesOptions: false) { client throws(BrainError) in
            try await client.sendForText(request)
        }
        let start = try client.read(result, request)
        guard waits else {
            let words = "\(name) has begun; brainctl workers shows how it goes"
            return try await ByteSink.standardOutput.line(connection.json ? result.description : words)
        }
        let report = try await end(of: start, client)
        let took = report.lastDuration.map { " (\(WorkersCommand.span($0)))" } ?? ""
        let words = "\(name): \(DisplayText.sanitized(report.lastResult ?? "no result"))\(took)"
        try await ByteSink.standardOutput.line(connection.json ? try await text(of: client) : words)
        if report.lastResult?.hasPrefix("failed") ?? true {
            throw ArgumentParser.ExitCode(Failure.ExitStatus.failed.rawValue)
        }
    }

    /// The report of the worker once it is no more at the run that began at `start`.
    private func end(of start: WorkerStart, _ client: BrainClient) async throws -> WorkerReport {
        let begin = ContinuousClock.now
        while true {
            let workers = try await client.attempt { client throws(BrainError) in try await client.getWorkers() }
            guard let report = workers.first(where: { $0.name == name }) else {
                throw Failure(message: "the daemon has no worker \(name) any more")
            }
            if report.state != .running, report.lastRunAt.map({ $0 >= start.startedAt }) ?? false {
                try await show("")
                return report
            }
            try await show("\(name): running for \(WorkersCommand.span(begin.duration(to: .now)))")
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Writes a line in the place of the one before, where a person watches.
    private func show(_ line: String) async throws {
        guard Terminal.error.isInteractive else { return }
        try await ByteSink.standardError.write(Array("\r\(line)\u{1B}[K".utf8))
    }

    /// The worker's state as JSON.
    private func text(of client: BrainClient) async throws -> String {
        let request = BrainRequest<[WorkerReport]>.getWorkers
        let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
        let mine = result.view["workers"]?.elements.first { $0["name"]?.string == name }
        return mine.map { $0.compacted().description } ?? "null"
    }
}
