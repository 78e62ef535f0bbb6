import Foundation
public import LogEvents
import Logging
import StrictJSON

/// Writes entries to standard error, a line each: for people, or as JSON objects for programs.
public struct StandardErrorSink: LogSink {
    /// How a line looks.
    public enum Format: Sendable {
        /// `2026-01-02T03:04:05.678Z warning message event=slow-request key=value`
        case text

        /// One JSON object a line: time, level, event, message, and the values under their own names.
        case json
    }

    private let format: Format

    /// Writes lines of that look.
    public init(format: Format) {
        self.format = format
    }

    /// Writes one entry. Nothing can be done about a standard error that takes nothing.
    public func write(_ entry: LogEntry) {
        let line = line(entry)
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// The entry's line, its end included.
    func line(_ entry: LogEntry) -> [UInt8] {
        let time = entry.time.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        let event = entry.event.map { [LogEntry.Field("event", $0.rawValue)] } ?? []
        switch format {
        case .text:
            var line = "\(time) \(entry.level.rawValue) \(Self.oneLine(entry.message))"
            for field in event + entry.fields { line += " \(field.name)=\(Self.quoted(field.value))" }
            return Array((line + "\n").utf8)
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            let head: [LogEntry.Field] =
                [.init("time", time), .init("level", entry.level.rawValue)] + event + [.init("message", entry.message)]
            let taken = Set(head.map(\.name))
            for field in head + entry.fields.filter({ !taken.contains($0.name) }) {
                writer.key(named: field.name)
                writer.string(field.value)
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
