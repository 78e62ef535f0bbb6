import Foundation
public import LogEvents
public import Logging

/// swift-log's way to the daemon's log: gives each entry its event and values, and hands it to a ``LogPipeline``.
public struct DaemonLogHandler: LogHandler {
    /// Values that each entry carries.
    public var metadata: Logger.Metadata = [:]

    /// Asked for more values for each entry.
    public var metadataProvider: Logger.MetadataProvider?

    private let pipeline: LogPipeline
    private let control: LoggingControl
    /// Set when the logger has a level of its own, which no reload changes.
    private var ownLevel: Logger.Level?

    /// Makes a handler that writes to `pipeline` what is at or above `control`'s level.
    public init(pipeline: LogPipeline, control: LoggingControl) {
        self.pipeline = pipeline
        self.control = control
    }

    /// Entries below it are not written.
    public var logLevel: Logger.Level {
        get { ownLevel ?? control.level }
        set { ownLevel = newValue }
    }

    /// A value of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Takes one entry.
    public func log(event: Logging.LogEvent) {
        var values = metadata
        if let provided = metadataProvider?.get() { values.merge(provided) { _, new in new } }
        if let given = event.metadata {
            if values.isEmpty { values = given } else { values.merge(given) { _, new in new } }
        }
        if let error = event.error { values["error"] = "\(error)" }
        let kind = values.removeValue(forKey: Logger.eventKey).flatMap { LogEvents.LogEvent(rawValue: $0.description) }
        pipeline.submit(kind, event.level, field: { values[$0]?.description }) {
            LogEntry(
                kind, event.level, event.message.description,
                fields: values.map { LogEntry.Field($0.key, $0.value.description) }, time: Date(),
                place: .init(file: event.file, function: event.function, line: event.line))
        }
    }
}
