import Dispatch
import Glibc

/// A terminal that is drawn on as a whole: its other screen, keys as they are pressed, its size and the signals that end the
/// program. ``restore()`` gives it back as it was.
final class LiveTerminal {
    /// What happens at it.
    enum Event: Sendable {
        /// A key was pressed; its first byte.
        case key(UInt8)
        /// The window has another size.
        case resized
        /// The program is told to end, by this signal.
        case signal(Int32)
    }

    private let settings: termios
    private let sources: [any DispatchSourceProtocol]

    private static let queue = DispatchQueue(label: "brainctl.terminal")

    /// Shows the other screen, and tells `onEvent` what happens from now on. Nil when standard input is no terminal.
    init?(onEvent: @escaping @Sendable (Event) -> Void) {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        self.settings = settings
        var raw = settings
        // Keys come one by one, and Ctrl-C as a key: so every way out goes past `restore()`.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        withUnsafeMutableBytes(of: &raw.c_cc) { controls in
            controls[Int(VMIN)] = 0
            controls[Int(VTIME)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0 else { return nil }
        var sources: [any DispatchSourceProtocol] = []
        for number in [SIGWINCH, SIGTERM, SIGHUP, SIGINT] {
            if number != SIGWINCH { signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: Self.queue)
            source.setEventHandler { onEvent(number == SIGWINCH ? .resized : .signal(number)) }
            source.activate()
            sources.append(source)
        }
        let keys = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: Self.queue)
        keys.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            // The end of input: nobody can press a key any more.
            onEvent(count > 0 ? .key(bytes[0]) : .signal(SIGHUP))
        }
        keys.activate()
        sources.append(keys)
        self.sources = sources
        Self.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H\u{1B}[2J")
    }

    /// How many cells and lines the window has.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws `lines` over what was there, without a flicker: each line ends by clearing the rest of it.
    static func draw(_ lines: [String]) async throws {
        let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        try await ByteSink.standardOutput.write(Array("\u{1B}[H\(text)\u{1B}[J".utf8))
    }

    /// Gives the terminal back.
    func restore() {
        for source in sources { source.cancel() }
        Self.write("\u{1B}[?25h\u{1B}[?1049l")
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
}
