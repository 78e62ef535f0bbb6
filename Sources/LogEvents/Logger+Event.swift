public import Logging

extension Logger {
    /// The key under which an entry's metadata names its event; handlers make journald's `MESSAGE_ID` of it.
    public static let eventKey = "event"

    /// Writes an entry that tells of `event`.
    public func log(
        _ event: LogEvent, _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:], file: String = #fileID, function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: level, message(),
            metadata: metadata().merging([Self.eventKey: "\(event.rawValue)"]) { _, event in event }, file: file,
            function: function, line: line)
    }
}
