import Foundation
public import Logging
import StrictJSON
import Synchronization

/// Writes log entries to standard error, a line each: for people, or as JSON objects for programs.
public struct StandardErrorLogHandler: LogHandler {
    /// How a line looks.
    public enum Format: Sendable {
        /// `2026-01-02T03:04:05.678Z warning message key=value`
        case text

        /// One JSON object a line: time, level, message, and the metadata under its own names.
        case json
    }

    /// Values that each entry carries.
    public var metadata: Logger.Metadata = [:]

    /// Entries below it are not written.
    public var logLevel: Logger.Level = .info

    /// Asked for more values for each entry.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: Format
    private let now: @Sendable () -> Date

    /// One lock for the process: entries of different threads don't mix within a line.
    private static let output = Mutex(())

    /// Makes a handler for the logger `label`.
    public init(label: String, format: Format, level: Logger.Level, now: @escaping @Sendable () -> Date = { Date() }) {
        self.label = label
        self.format = format
        self.now = now
        logLevel = level
    }

    /// A value of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one entry.
    public func log(event: LogEvent) {
        var values = metadata
        if let provided = metadataProvider?.get() { values.merge(provided) { _, new in new } }
        if let given = event.metadata { values.merge(given) { _, new in new } }
        if let error = event.error { values["error"] = "\(error)" }
        let sorted = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        let line = line(level: event.level, message: event.message.description, values: sorted)
        Self.output.withLock { _ in
            FileHandle.standardError.write(Data(line))
        }
    }

    /// The entry's line, its end included.
    func line(level: Logger.Level, message: String, values: [(key: String, value: String)]) -> [UInt8] {
        let time = now().formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        switch format {
        case .text:
            var line = "\(time) \(level.rawValue) \(Self.oneLine(message))"
            for (key, value) in values { line += " \(key)=\(Self.quoted(value))" }
            return Array((line + "\n").utf8)
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            for (key, value) in [("time", time), ("level", level.rawValue), ("logger", label), ("message", message)]
                + values
            {
                writer.key(key)
                writer.string(value)
            }
            writer.endObject()
            return writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    /// What callers and servers put into a message must not look like another entry.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        return isPlain ? value : "\"\(oneLine(value).replacing("\"", with: "\\\""))\""
    }
}
