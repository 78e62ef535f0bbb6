import ArgumentParser
import BrainClient

struct WorkersCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Show the daemon's scheduled work: when it ran, what came of it, what comes next.",
        discussion: """
            EXAMPLES:
              brainctl workers
              brainctl workers --json | jq '.workers[] | select(.problem)'
            """)

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<[WorkerReport]> { .getWorkers }

    func present(_ workers: [WorkerReport], on screen: Screen) -> String {
        guard !workers.isEmpty else { return "this daemon has no workers" }
        var table = Table(
            [
                .init(title: "WORKER", minimum: 14), .init(title: "SCHEDULE"), .init(title: "LAST RUN"),
                .init(title: "TOOK", alignment: .right), .init(title: "NEXT RUN"),
                .init(title: "RUNS", alignment: .right), .init(title: "FAILED", alignment: .right),
                .init(title: "RESULT", minimum: 20),
            ], on: screen.terminal)
        return table.lines(workers.map { row($0, screen) }).joined(separator: "\n")
    }

    private func row(_ worker: WorkerReport, _ screen: Screen) -> [Table.Cell] {
        func time(_ time: Timestamp?) -> Table.Cell {
            .init(time.map { RelativeTime.describe($0, now: screen.now) } ?? "-")
        }
        let next: Table.Cell =
            switch worker.state {
            case .running: .init("running", .cyan)
            case .off: .init("off", .dim)
            case .waiting: time(worker.nextRunAt)
            }
        let result: Table.Cell =
            worker.problem.map { .init("degraded: \($0)", .yellow) }
            ?? .init(worker.lastResult ?? "-", worker.lastResult?.hasPrefix("failed") == true ? .red : nil)
        return [
            .init(worker.name), .init(worker.schedule, .dim), time(worker.lastRunAt),
            .init(worker.lastDuration.map { Self.span($0) } ?? "-"), next,
            .init(Numbers.grouped(worker.successes + worker.failures)), .init(Numbers.grouped(worker.failures)), result,
        ]
    }

    /// A duration in the unit that suits it.
    static func span(_ duration: Duration) -> String {
        let seconds = duration.seconds
        if seconds < 1 { return "\(Numbers.fixed(seconds * 1_000, digits: 0)) ms" }
        if seconds < 60 { return "\(Numbers.fixed(seconds, digits: 1)) s" }
        return RelativeTime.span(seconds: Int64(seconds))
    }
}
