import Logging

/// One line of the server's log: "4711:M 25 Nov 2026 12:00:00.000 * Ready to accept connections", or from a signal
/// handler "4711:signal-handler (1795651181) Received SIGTERM scheduling shutdown...".
struct RedisLogLine: Sendable, Equatable {
    /// The level to log it with.
    var level: Logger.Level
    /// The process that wrote it.
    var pid: String?
    /// The text without prefix and level.
    var message: String

    /// Redis's levels ("loglevel" in its redis.conf): debug, verbose, notice, warning. A notice is what an
    /// administrator wants to know of a server that stands alone; here the supervisor tells what matters of it.
    private static let levels: [Substring: Logger.Level] = [
        ".": .trace, "-": .debug, "*": .debug, "#": .warning,
    ]

    /// What Redis warns of though nothing is wrong: its start, its stop when asked for, and what would matter only if
    /// it saved its data.
    private static let harmless = [
        "oO0OoO0OoO0Oo Redis is starting", "Redis version=", "Configuration loaded", "Server initialized",
        "WARNING Memory overcommit must be enabled!", "Received SIGTERM scheduling shutdown",
        "User requested shutdown", "Redis is now ready to exit",
    ]

    /// Reads a line; nil when it is empty. What is not of either form is a warning as it stands: a crash report, or an
    /// argument that the server does not take.
    init?(_ line: String) {
        guard line.contains(where: { !$0.isWhitespace }) else { return nil }
        level = .warning
        message = line
        let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        let origin = words[0].split(separator: ":", omittingEmptySubsequences: false)
        guard origin.count == 2, Int32(origin[0]) != nil else { return }
        if words.count > 5, origin[1].count == 1, let level = Self.levels[words[5]] {
            self.level = level
            message = words.count > 6 ? String(words[6]) : ""
        } else if words.count > 2, origin[1] == "signal-handler" {
            message = words.dropFirst(2).joined(separator: " ")
        } else {
            return
        }
        pid = String(origin[0])
        if level == .warning, Self.harmless.contains(where: { message.hasPrefix($0) }) { level = .debug }
    }
}
