/// Cuts bytes into lines. It holds one unfinished line, and no more of it than the limit.
struct LineSplitter {
    /// One line, without its line break.
    struct Line: Hashable {
        /// From 1.
        let number: Int

        /// The line; nil when it was longer than the limit, and thrown away.
        let bytes: [UInt8]?
    }

    private let limit: Int
    private var number = 0
    private var unfinished: [UInt8] = []
    private var isOverlong = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes bytes and gives the lines that they complete.
    mutating func append(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            lines.append(finish())
            rest = rest[(end + 1)...]
        }
        take(rest)
        return lines
    }

    /// The last line, when the input did not end with a line break.
    mutating func end() -> Line? {
        unfinished.isEmpty && !isOverlong ? nil : finish()
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard !isOverlong else { return }
        if unfinished.count + bytes.count > limit {
            isOverlong = true
            unfinished = []
        } else {
            unfinished += bytes
        }
    }

    private mutating func finish() -> Line {
        number += 1
        let line = Line(number: number, bytes: isOverlong ? nil : unfinished)
        unfinished = []
        isOverlong = false
        return line
    }
}
