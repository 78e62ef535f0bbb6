/// One thing that a service tells its manager, by sd_notify(3).
public enum ServiceMessage: Hashable, Sendable {
    /// It serves: it has started, or reloaded.
    case ready

    /// It reads its configuration anew, since that instant of CLOCK_MONOTONIC, in microseconds.
    case reloading(sinceMicroseconds: Int64)

    /// It ends.
    case stopping

    /// How it is, in words for `systemctl status`.
    case status(String)

    /// The start, or the end, goes on: so long from now at least.
    case extendTimeout(Duration)

    /// It is alive.
    case watchdog

    /// The longest text of a status, in bytes: systemd shows it on one line.
    public static let maximumStatusBytes = 1_024

    /// The assignments that sd_notify sends, without a line's end.
    var assignments: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
        case .stopping: "STOPPING=1"
        case .status(let text): "STATUS=" + Self.oneLine(text)
        case .extendTimeout(let span): "EXTEND_TIMEOUT_USEC=\(max(Int64(span / .microseconds(1)), 0))"
        case .watchdog: "WATCHDOG=1"
        }
    }

    /// A line's end in a status would begin another assignment. What is too long is cut at a whole character.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        var bytes = 0
        for character in text.unicodeScalars {
            let scalar = character.value < 0x20 || character.value == 0x7F ? " " : character
            bytes += UTF8.width(scalar)
            if bytes > maximumStatusBytes - 3 { return line + "…" }
            line.unicodeScalars.append(scalar)
        }
        return line
    }
}
