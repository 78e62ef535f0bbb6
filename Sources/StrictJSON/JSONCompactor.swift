/// Rewrites valid JSON in its compact form. What is compact already, which is most of it, is copied in long runs.
struct JSONCompactor {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var output: [UInt8] = []
    /// Where what is to be copied begins.
    private var run = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The compact form of the value at `range`.
    mutating func compact(_ range: Range<Int>) -> [UInt8] {
        output.reserveCapacity(range.count)
        var position = range.lowerBound
        run = position
        while position < range.upperBound {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09:
                copy(to: position)
                position += 1
                run = position
            case UInt8(ascii: "\""):
                position = string(at: position)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let end = min(JSONScanner.endOfValue(bytes, from: position), range.upperBound)
                number(position..<end)
                position = end
            default: position += 1
            }
        }
        copy(to: range.upperBound)
        return output
    }

    private mutating func copy(to end: Int) {
        if run < end { output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<end])) }
    }

    /// Rewrites the string at `start` if it has escapes; returns the position after it.
    private mutating func string(at start: Int) -> Int {
        let first = ByteRun.endOfText(bytes, from: start + 1)
        if bytes[first] == UInt8(ascii: "\"") { return first + 1 }
        let end = JSONScanner.endOfString(bytes, from: start)
        copy(to: start)
        JSONStringEncoder.append(
            JSONStringDecoder.bytes(UnsafeBufferPointer(rebasing: bytes[start + 1..<end - 1])), to: &output)
        run = end
        return end
    }

    private mutating func number(_ range: Range<Int>) {
        let token = UnsafeBufferPointer(rebasing: bytes[range])
        guard JSONNumber.needsRewriting(token) else { return }
        copy(to: range.lowerBound)
        JSONNumber.append(token, to: &output)
        run = range.upperBound
    }
}
