import ArgumentParser
import BrainClient
import Glibc

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch the daemon at work: requests, latency, hit rate, agents, workers.",
        discussion: """
            It needs root, the daemon's user, or access.admin_group. q or Ctrl-C ends it. When the daemon is restarted it
            waits, and goes on. An agent's requests are those that named it, or one memory of its, over about a minute.

            With --once, or when the output is no terminal, it shows what happened during one interval, and ends.

            EXAMPLES:
              brainctl top
              brainctl top -d 5
              brainctl top --once -d 10
            """)

    @Option(name: [.customShort("d"), .long], help: ArgumentHelp("Seconds between two looks.", valueName: "seconds"))
    var delay: Double = 1

    @Flag(name: .long, help: "Show one interval, and end.")
    var once = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (0.1...3_600).contains(delay) else {
            throw ValidationError("--delay must be between 0.1 and 3600 seconds, got \(delay)")
        }
    }

    func run() async throws {
        let client = try connection.client()
        if connection.json { return try await MetricsRequest.printJSON(client, connection.deadline) }
        guard !once, Terminal.output.isInteractive else { return try await showOnce(client) }
        try await TopScreen(client: client, delay: .seconds(delay), deadline: connection.deadline).run()
    }

    private func showOnce(_ client: BrainClient) async throws {
        let before = try await MetricsRequest.sample(client, connection.deadline)
        try await Task.sleep(for: .seconds(delay))
        let now = try await MetricsRequest.sample(client, connection.deadline)
        let view = TopView(
            interval: TopInterval(now: now, before: before), problem: nil, screen: .standard, height: nil)
        try await ByteSink.standardOutput.line(view.lines.joined(separator: "\n"))
    }
}

/// What the live screen asks.
enum MetricsRequest {
    /// How the daemon is at this moment.
    static func sample(_ client: BrainClient, _ deadline: Duration?) async throws(Failure) -> TopSample {
        let report = try await client.attempt { client throws(BrainError) in
            try await client.getMetrics(deadline: deadline)
        }
        return TopSample(report, time: now)
    }

    /// The answer as it is.
    static func printJSON(_ client: BrainClient, _ deadline: Duration?) async throws {
        let result = try await client.attempt { client throws(BrainError) in
            try await client.sendForText(.getMetrics, deadline: deadline)
        }
        try await ByteSink.standardOutput.line(result.description)
    }

    /// Seconds by a clock that only goes on.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
