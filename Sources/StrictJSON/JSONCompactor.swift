/// Rewrites valid JSON in its compact form.
struct JSONCompactor {
    private let source: [UInt8]
    private var output: [UInt8] = []

    init(source: [UInt8]) {
        self.source = source
    }

    /// The compact form of the value at `range`.
    mutating func compact(_ range: Range<Int>) -> [UInt8] {
        output.reserveCapacity(range.count)
        source.withUnsafeBufferPointer { bytes in
            var position = range.lowerBound
            while position < range.upperBound {
                switch bytes[position] {
                case 0x20, 0x0A, 0x0D, 0x09: position += 1
                case UInt8(ascii: "\""):
                    let end = JSONScanner.endOfString(source, from: position)
                    appendString(UnsafeBufferPointer(rebasing: bytes[position + 1..<end - 1]))
                    position = end
                case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    let end = JSONScanner.endOfValue(source, from: position)
                    JSONNumber.append(
                        UnsafeBufferPointer(rebasing: bytes[position..<min(end, range.upperBound)]), to: &output)
                    position = end
                default:
                    output.append(bytes[position])
                    position += 1
                }
            }
        }
        return output
    }

    private mutating func appendString(_ inside: UnsafeBufferPointer<UInt8>) {
        guard inside.contains(UInt8(ascii: "\\")) else {
            output.append(UInt8(ascii: "\""))
            output.append(contentsOf: inside)
            output.append(UInt8(ascii: "\""))
            return
        }
        JSONStringEncoder.append(JSONStringDecoder.bytes(inside), to: &output)
    }
}
