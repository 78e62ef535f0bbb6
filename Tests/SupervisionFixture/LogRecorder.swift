import Logging
import Synchronization

/// Keeps what is logged.
package final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    package init() {}

    /// "level message {metadata}", in order.
    package var lines: [String] { kept.withLock { $0 } }

    /// Whether a line holds this text.
    package func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    /// Logs to here.
    package var logger: Logger {
        Logger(label: "test") { _ in Handler(recorder: self) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(recorder: LogRecorder) { self.recorder = recorder }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
            recorder.kept.withLock { $0.append(line) }
        }
    }
}
