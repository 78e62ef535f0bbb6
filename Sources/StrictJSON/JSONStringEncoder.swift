/// Writes strings in JSON with the fewest escapes: the quote, the backslash, and U+0000 to U+001F.
enum JSONStringEncoder {
    /// Appends the UTF-8 bytes `string` between quotes.
    static func append(_ string: some Sequence<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        let isDone: Void? = string.withContiguousStorageIfAvailable { appendRuns(of: $0, to: &output) }
        if isDone == nil { for byte in string { append(byte, to: &output) } }
        output.append(UInt8(ascii: "\""))
    }

    /// Most strings need no escapes, and the others few: what is between them is copied as it is.
    private static func appendRuns(of bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var run = 0
        var position = 0
        while true {
            position = ByteRun.endOfUnescaped(bytes, from: position)
            guard position < bytes.count else { break }
            if isPlain(bytes[position]) {
                position += 1
                continue
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<position]))
            append(bytes[position], to: &output)
            position += 1
            run = position
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run...]))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func append(_ byte: UInt8, to output: inout [UInt8]) {
        if isPlain(byte) { return output.append(byte) }
        if byte < 0x20 { return appendControl(byte, to: &output) }
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
    }

    private static func appendControl(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
    }
}
