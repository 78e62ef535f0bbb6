import LogEvents
import Logging

/// What an entry is to journald: `NAME=value` each.
///
/// journald drops a field without a word when its name has anything but `A-Z`, `0-9` and `_`, begins with `_` or a digit,
/// or is longer than 64 characters (systemd.journal-fields(7)); so names are made to fit here.
struct JournalFields {
    /// The identifier under which `journalctl -t` finds the daemon's entries.
    static let identifier = "brain-memoryd"

    /// Names that say something about every entry, which an entry's own values may not replace.
    private static let reserved: Set<String> = [
        "MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "SYSLOG_PID", "SYSLOG_TIMESTAMP",
        "SYSLOG_RAW", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "ERRNO", "DOCUMENTATION", "TID", "UNIT", "USER_UNIT",
        "INVOCATION_ID", "EVENT",
    ]

    /// The longest name.
    private static let nameBytes = 64

    /// `NAME=value`, to hand to journald in this order.
    let assignments: [String]

    /// The fields of `entry`.
    init(_ entry: LogEntry) {
        var assignments = [
            "MESSAGE=\(entry.message)", "PRIORITY=\(Self.priority(entry.level))",
            "SYSLOG_IDENTIFIER=\(Self.identifier)", "CODE_FILE=\(entry.place.file)", "CODE_LINE=\(entry.place.line)",
            "CODE_FUNC=\(entry.place.function)",
        ]
        if let event = entry.event {
            assignments += ["MESSAGE_ID=\(event.messageID)", "EVENT=\(event.rawValue)"]
        }
        for field in entry.fields {
            assignments.append("\(Self.name(field.name))=\(field.value)")
        }
        self.assignments = assignments
    }

    /// The syslog priority, 2 (critical) to 7 (debug).
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// A name that journald takes, as near to `name` as can be.
    static func name(_ name: String) -> String {
        var bytes: [UInt8] = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        let isFit = bytes.first.map { $0 != UInt8(ascii: "_") && $0 > UInt8(ascii: "9") } ?? false
        if !isFit || reserved.contains(String(decoding: bytes, as: UTF8.self)) { bytes = Array("X_".utf8) + bytes }
        return String(decoding: bytes.prefix(nameBytes), as: UTF8.self)
    }
}
