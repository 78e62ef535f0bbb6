import Logging

/// One line of the server's log, as `log_line_prefix = '[%p] '` writes it: "[4711] LOG:  database system is ready".
struct ServerLogLine: Sendable, Equatable {
    /// The level to log it with. Follow-up lines (DETAIL, HINT, a wrapped line) have none of their own.
    var level: Logger.Level?
    /// The process that wrote it.
    var pid: String?
    /// The text without prefix and severity.
    var message: String

    /// The value of `log_line_prefix` that this type reads.
    static let prefixSetting = "[%p] "

    /// PostgreSQL's severities (manual, table 20.2) and ours. LOG is what an administrator may want to know; ERROR ends
    /// a statement, FATAL a session, PANIC all sessions.
    private static let levels: [(severity: String, level: Logger.Level)] = [
        ("DEBUG1", .debug), ("DEBUG2", .debug), ("DEBUG3", .debug), ("DEBUG4", .trace), ("DEBUG5", .trace),
        ("INFO", .info), ("NOTICE", .notice), ("LOG", .info), ("WARNING", .warning), ("ERROR", .error),
        ("FATAL", .error), ("PANIC", .critical),
    ]

    /// Reads a line. What is not of the form is a message as it stands.
    init(_ line: String) {
        var rest = line[...]
        if rest.first == "[", let end = rest.firstIndex(of: "]"), Int32(rest[..<end].dropFirst()) != nil {
            pid = String(rest[..<end].dropFirst())
            rest = rest[rest.index(after: end)...].drop { $0 == " " }
        }
        for (severity, level) in Self.levels where rest.hasPrefix(severity + ":") {
            self.level = level
            rest = rest.dropFirst(severity.count + 1).drop { $0 == " " }
            break
        }
        message = String(rest)
    }
}
