/// Writes strings in JSON with the fewest escapes: the quote, the backslash, and U+0000 to U+001F.
enum JSONStringEncoder {
    /// Appends the UTF-8 bytes `string` between quotes.
    static func append(_ string: some Sequence<UInt8>, to output: inout [UInt8]) {
        let isDone: Void? = string.withContiguousStorageIfAvailable { append($0, to: &output) }
        if isDone != nil { return }
        output.append(UInt8(ascii: "\""))
        for byte in string { append(byte, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends the UTF-8 bytes `string` between quotes. Most strings need no escapes, and the others few: what is between
    /// them is copied as it is.
    static func append(_ string: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var position = ByteRun.endOfUnescaped(string, from: 0)
        append(run: string[..<position], opening: true, closing: position == string.count, to: &output)
        while position < string.count {
            append(string[position], to: &output)
            let run = position + 1
            position = ByteRun.endOfUnescaped(string, from: run)
            append(run: string[run..<position], opening: false, closing: position == string.count, to: &output)
        }
    }

    /// Appends bytes without need of escapes in one go, with the quotes before and after them.
    private static func append(
        run: Slice<UnsafeBufferPointer<UInt8>>, opening: Bool, closing: Bool, to output: inout [UInt8]
    ) {
        let run = UnsafeBufferPointer(rebasing: run)
        output.append(addingCapacity: run.count + 2) { span in
            if opening { span.append(UInt8(ascii: "\"")) }
            span.append(copying: run)
            if closing { span.append(UInt8(ascii: "\"")) }
        }
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

extension OutputSpan<UInt8> {
    /// Appends `bytes`, for which there is room.
    mutating func append(copying bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        precondition(bytes.count <= freeCapacity)
        withUnsafeMutableBufferPointer { buffer, count in
            guard let target = buffer.baseAddress else { return }
            (target + count).initialize(from: source, count: bytes.count)
            count += bytes.count
        }
    }
}
