import LogEvents
public import Logging
import ProcessSupervision

/// Writes the metrics into node_exporter's textfile folder from time to time.
///
/// At a clean stop the file is removed, so that nobody reads of a daemon that is not there: what is absent can be alarmed at
/// (`absent(brain_memoryd_build_info)`). After a crash it stays, and node_exporter tells its age
/// (`node_textfile_mtime_seconds`).
public struct TextfileExporter: Sendable {
    private let file: Textfile
    private let interval: Duration
    private let metrics: DaemonMetrics
    private let logger: Logger
    private let queue = BlockingQueue(label: "brain-memoryd.textfile")

    /// Will write `brain-memoryd.prom` in `directory`, or with an `instance` `brain-memoryd-INSTANCE.prom`, every
    /// `interval`.
    public init(
        directory: String, instance: String?, interval: Duration, metrics: DaemonMetrics, logger: Logger
    ) {
        let name = instance.map { "brain-memoryd-\($0)" } ?? "brain-memoryd"
        file = Textfile(path: "\(directory)/\(name).prom")
        self.interval = interval
        self.metrics = metrics
        self.logger = logger
    }

    /// Writes until the task is cancelled, then removes the file. A failure is told once, and when it is over.
    public func run() async {
        var failure: TextfileError?
        while !Task.isCancelled {
            let outcome = await write()
            if let outcome, failure == nil {
                logger.log(
                    .textfileFailed, .warning, "the metrics can't be written for node_exporter: \(outcome)",
                    metadata: ["reason": "\(outcome)"])
            } else if outcome == nil, failure != nil {
                logger.log(
                    .textfileWritten, .notice, "the metrics are written again", metadata: ["path": "\(file.path)"])
            }
            failure = outcome
            try? await Task.sleep(for: interval)
        }
        await remove()
    }

    private func write() async -> TextfileError? {
        let text = await metrics.text()
        do throws(TextfileError) {
            try await queue.run { () throws(TextfileError) in try file.write(text) }
            return nil
        } catch {
            metrics.textfileFailed()
            return error
        }
    }

    private func remove() async {
        do throws(TextfileError) {
            try await queue.run { () throws(TextfileError) in try file.remove() }
        } catch {
            logger.log(
                .textfileFailed, .warning, "the file of metrics stays behind: \(error)",
                metadata: ["reason": "\(error)"])
        }
    }
}
