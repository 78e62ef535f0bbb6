import Logging

/// What a server's log tells of its recovery, line by line. Pure.
///
/// The texts are those of PostgreSQL 15 to 17 (xlogrecovery.c, xlog.c), in English, which the server is made to log in.
package struct RecoveryLog: Sendable, Equatable {
    /// Up to where the log has been replayed, as last told: `0/3000028`.
    package var replayed: String?
    /// Where the last replayed record begins, once replay has ended.
    package var lastRecord: String?
    /// When the last replayed transaction was committed, in PostgreSQL's words: `2026-11-26 03:08:34.982008+00`.
    package var lastTransaction: String?
    /// Why replay stopped before the end: "recovery stopping before commit of transaction 740, time …".
    package var stop: String?
    /// What made the log unreadable at the place where it ended.
    package var end: String?
    /// The timeline that begins with the end of the recovery.
    package var newTimeline: UInt32?
    /// Whether the server accepts connections.
    package var isReady = false
    /// Whether what was replayed ended before the target.
    package var hasMissedTarget = false
    /// The server's complaints.
    package var failures: [String] = []

    private static let maximumFailures = 8

    /// Nothing is told yet.
    package init() {}

    /// Takes a line of the log.
    package mutating func take(_ text: String) {
        let line = ServerLogLine(text)
        let message = line.message
        if let location = Self.word(after: "current LSN: ", in: message) {
            replayed = location
        } else if let location = Self.word(after: "redo done at ", in: message) {
            lastRecord = location
        } else if let mark = message.firstRange(of: "last completed transaction was at log time ") {
            lastTransaction = String(message[mark.upperBound...])
        } else if message.hasPrefix("recovery stopping ") {
            stop = message
        } else if let number = Self.word(after: "selected new timeline ID: ", in: message) {
            newTimeline = UInt32(number)
        } else if message.hasPrefix("database system is ready to accept connections") {
            isReady = true
        } else if message.contains("recovery ended before configured recovery target was reached") {
            hasMissedTarget = true
        } else if lastRecord == nil, message.contains(" at "), Self.ends.contains(where: { message.hasPrefix($0) }) {
            end = message
        } else if line.level == .error || line.level == .critical, failures.count < Self.maximumFailures {
            failures.append(message)
        }
    }

    /// The beginnings of what PostgreSQL says of a record that it can't read (xlogreader.c).
    private static let ends = [
        "invalid ", "record with ", "incorrect ", "unexpected ", "there is no contrecord", "out-of-sequence",
        "WAL file is from", "missing contrecord", "could not decompress",
    ]

    private static func word(after phrase: String, in message: String) -> String? {
        guard let mark = message.firstRange(of: phrase) else { return nil }
        return String(message[mark.upperBound...].prefix { !$0.isWhitespace && $0 != "," })
    }
}
