/// Cuts a stream of bytes into lines with a bound on each, so that a program that never ends its line can't fill
/// memory.
package struct LineSplitter: Sendable {
    /// The longest line kept, in bytes. What exceeds it is dropped, and the line is marked with " […]".
    package let maximumLineBytes: Int
    private var pending: [UInt8] = []
    private var isCut = false

    package init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Takes the next bytes and returns the lines they complete, without line ends. Bytes that are not UTF-8 are
    /// replaced by U+FFFD.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(takeLine())
            } else if pending.count < maximumLineBytes {
                pending.append(byte)
            } else {
                isCut = true
            }
        }
        return lines
    }

    /// Returns the unfinished last line, if there is one, when the stream has ended.
    package mutating func finish() -> String? {
        pending.isEmpty ? nil : takeLine()
    }

    private mutating func takeLine() -> String {
        if pending.last == UInt8(ascii: "\r") {
            pending.removeLast()
        }
        let line = String(decoding: pending, as: UTF8.self) + (isCut ? " […]" : "")
        pending.removeAll(keepingCapacity: true)
        isCut = false
        return line
    }
}
