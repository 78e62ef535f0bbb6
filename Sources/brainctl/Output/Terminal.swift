import Glibc

/// What is known of where an output goes.
struct Terminal: Sendable {
    /// Whether a person sees the output at once.
    let isInteractive: Bool

    /// How many cells a line has; nil when there is no such bound, as in a file.
    let width: Int?

    /// Whether colours may be used.
    let hasColors: Bool

    /// A file or a pipe: no bound, no colours.
    static let plain = Terminal(isInteractive: false, width: nil, hasColors: false)

    /// The terminal behind `descriptor`, or `plain`. Colours are off when NO_COLOR is set to anything (no-color.org),
    /// or the terminal can't show them.
    static func behind(_ descriptor: Int32) -> Terminal {
        guard isatty(descriptor) == 1 else { return .plain }
        let noColor = environment("NO_COLOR") != nil || environment("TERM") == "dumb"
        return Terminal(isInteractive: true, width: columns(descriptor), hasColors: !noColor)
    }

    static let output = behind(STDOUT_FILENO)
    static let error = behind(STDERR_FILENO)

    /// A variable of the environment; nil when it is unset or empty.
    static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    private static func columns(_ descriptor: Int32) -> Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment("COLUMNS").flatMap { Int($0) } ?? 80
    }

    /// `text` in a style, where colours may be used.
    func paint(_ text: String, _ style: Style?) -> String {
        guard hasColors, let style else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }
}

/// A way to set off text, by its parameter of "select graphic rendition" (ECMA-48).
enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
}
