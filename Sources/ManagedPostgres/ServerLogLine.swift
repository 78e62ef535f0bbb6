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

    /// PostgreSQL's severities (manual, table 20.2) and ours. LOG is what the administrator of a server that stands alone
    /// wants to know; here the supervisor tells what matters of it. ERROR ends a statement, FATAL a session, PANIC all
    /// sessions.
    private static let levels: [(severity: String, level: Logger.Level)] = [
        ("DEBUG1", .debug), ("DEBUG2", .debug), ("DEBUG3", .debug), ("DEBUG4", .trace), ("DEBUG5", .trace),
        ("INFO", .info), ("NOTICE", .notice), ("LOG", .debug), ("WARNING", .warning), ("ERROR", .error),
        ("FATAL", .error), ("PANIC", .critical),
    ]

    /// What of LOG an operator should see all the same: that the server crashed, or was not shut down well.
    private static let notable = [
        "server process (PID ", "startup process (PID ", "database system was not properly shut down",
        "database system is shut down",
        "could not write", "could not fsync", "invalidating slot",
    ]

    /// What every session says when the server starts, stops or has crashed, and the daemon's pool tells of once.
    private static let routine = [
        "the database system is ", "terminating connection ", "connection to client lost", "canceling authentication",
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
        if level == .debug, Self.notable.contains(where: { rest.hasPrefix($0) }) { level = .info }
        if level == .error || level == .warning, Self.routine.contains(where: { rest.hasPrefix($0) }) { level = .debug }
    }
}
