import ArgumentParser
import BrainClient

struct MetricsCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print what the daemon measures of itself, in Prometheus' text format.",
        discussion: """
            The same is written to node_exporter's textfile folder when metrics.textfile_directory is configured. It needs
            root, the daemon's user, or access.admin_group.

            EXAMPLES:
              brainctl metrics
              brainctl metrics | grep requests_total
              brainctl metrics --json | jq '.agents[:5]'
            """)

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<MetricsReport> { .getMetrics }

    func present(_ report: MetricsReport, on screen: Screen) -> String {
        // The output ends the last line itself.
        report.text.last == "\n" ? String(report.text.dropLast()) : report.text
    }
}
