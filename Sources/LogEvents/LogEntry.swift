public import Foundation
public import Logging

/// One entry of the log, complete: what a place to write to needs.
public struct LogEntry: Sendable {
    /// A value that belongs to the entry.
    public struct Field: Sendable, Hashable {
        /// Its name in snake case, such as `peer_uid`.
        public var name: String

        /// The value as text, at most ``LogEntry/valueBytes`` long.
        public var value: String

        /// Makes a field; what `value` has too much of is cut off.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = LogEntry.cut(value, to: LogEntry.valueBytes)
        }
    }

    /// The most bytes of a message, of a field's value, and the most fields; what is beyond is cut off.
    public static let messageBytes = 8_192, valueBytes = 4_096, fieldCount = 32

    /// What it tells of; nil when a library wrote it.
    public let event: LogEvent?

    /// How important it is.
    public let level: Logger.Level

    /// The text for people, which says the essential by itself.
    public let message: String

    /// The values, by name.
    public let fields: [Field]

    /// When it was written.
    public let time: Date

    /// Where in the program it was written.
    public let place: Place

    /// A line of the program.
    public struct Place: Sendable, Hashable {
        /// `Module/File.swift`.
        public var file: String

        /// The function's name.
        public var function: String

        /// From 1 on.
        public var line: UInt

        /// Names a line of the program.
        public init(file: String = #fileID, function: String = #function, line: UInt = #line) {
            self.file = file
            self.function = function
            self.line = line
        }
    }

    /// Makes an entry; cuts what is over the bounds.
    public init(
        _ event: LogEvent?, _ level: Logger.Level, _ message: String, fields: [Field] = [], time: Date,
        place: Place = Place()
    ) {
        self.event = event
        self.level = level
        self.message = Self.cut(message, to: Self.messageBytes)
        self.fields = Array(fields.sorted { $0.name < $1.name }.prefix(Self.fieldCount))
        self.time = time
        self.place = place
    }

    /// The bytes of text in it, for bounds.
    public var textBytes: Int {
        fields.reduce(message.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    /// The longest beginning of `text` that has at most `bytes` bytes and ends with a whole character of Unicode.
    static func cut(_ text: String, to bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

/// A place that log entries are written to.
public protocol LogSink: Sendable {
    /// Writes one entry. May block: it is called on a thread of the log's own, one entry at a time.
    func write(_ entry: LogEntry)
}
