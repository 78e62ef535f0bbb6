import ArgumentParser
import BrainClient

struct HealthCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Show how well the daemon is.",
        discussion: """
            It ends with 0 when all is well, with 1 when something is degraded or unavailable, or when the daemon can't be
            reached, and with 2 when the command line is wrong. `--json` tells degraded from unavailable.

            EXAMPLES:
              brainctl health
              brainctl health --json | jq .store
              until brainctl health > /dev/null 2>&1; do sleep 1; done
            """)

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<HealthReport> { .getHealth }

    func status(of report: HealthReport) -> Failure.ExitStatus { report.status == .ok ? .ok : .failed }

    func present(_ report: HealthReport, on screen: Screen) -> String {
        let terminal = screen.terminal
        var lines = FieldList.lines(
            [
                ("status", word(report.status, terminal)),
                ("version", "\(report.version), protocol \(HealthReport.protocolVersion)"),
                ("up for", RelativeTime.span(seconds: Int64(report.uptimeSeconds))),
                ("store", part(report.store, terminal)), ("cache", part(report.cache, terminal)),
            ], on: terminal)
        if !report.workers.isEmpty {
            var table = Table(
                [.init(title: "WORKER"), .init(title: "LAST RUN"), .init(title: "RESULT"), .init(title: "NEXT RUN")],
                on: terminal)
            let rows = report.workers.sorted { $0.key < $1.key }.map { name, worker -> [Table.Cell] in
                [
                    .init(name), time(worker.lastRunAt, screen), .init(worker.lastResult ?? "-"),
                    time(worker.nextRunAt, screen),
                ]
            }
            lines += [""] + table.lines(rows)
        }
        if !report.limits.isEmpty {
            var table = Table([.init(title: "LIMIT"), .init(title: "VALUE", alignment: .right)], on: terminal)
            let limits = report.limits.sorted { $0.key < $1.key }
            lines += [""] + table.lines(limits.map { [.init($0.key), .init(Numbers.grouped($0.value))] })
        }
        return lines.joined(separator: "\n")
    }

    private func time(_ text: String?, _ screen: Screen) -> Table.Cell {
        guard let text else { return "-" }
        return .init(Timestamp(rfc3339: text).map { RelativeTime.describe($0, now: screen.now) } ?? text)
    }

    private func part(_ part: HealthReport.Part, _ terminal: Terminal) -> String {
        let latency = part.latencyMilliseconds.map { ", \(Numbers.fixed($0, digits: 2)) ms" } ?? ""
        let reason = part.reason.map { ": \(DisplayText.sanitized($0))" } ?? ""
        return word(part.status, terminal) + latency + reason
    }

    private func word(_ status: HealthReport.Status, _ terminal: Terminal) -> String {
        let style: Style =
            switch status {
            case .ok: .green
            case .degraded: .yellow
            case .unavailable: .red
            case .disabled: .dim
            }
        return terminal.paint(status.rawValue, style)
    }
}
