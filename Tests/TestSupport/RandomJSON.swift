/// Makes random JSON values, and texts that write them in many ways.
public struct RandomJSON {
    private var generator: SeededGenerator

    /// The values of `seed`.
    public init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// A value nested at most `depth` deep.
    public mutating func value(depth: Int = 6) -> JSONTree {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(integer())
        case 3: return double()
        case 4, 5: return .string(Array(string().utf8))
        case 6, 7: return .array((0..<size()).map { _ in value(depth: depth - 1) })
        default: return object(depth: depth)
        }
    }

    /// An object whose keys are distinct.
    public mutating func object(depth: Int = 6) -> JSONTree {
        var names: Set<[UInt8]> = []
        var members: [JSONTree.Member] = []
        for _ in 0..<size() {
            let name = Array(string().utf8)
            guard names.insert(name).inserted else { continue }
            members.append(JSONTree.Member(name, value(depth: depth - 1)))
        }
        return .object(members)
    }

    /// A text of `value` with random white space and escapes.
    public mutating func text(of value: JSONTree) -> [UInt8] {
        var text: [UInt8] = []
        append(value, to: &text)
        return text
    }

    /// `bytes` with a few of them changed, removed, repeated or added.
    public mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2: bytes.insert(Array("{}[]\",:\\u0e-.9 ".utf8).randomElement(using: &generator) ?? 0, at: place)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    private mutating func size() -> Int {
        generator.oneIn(20) ? Int.random(in: 14...24, using: &generator) : Int.random(in: 0...4, using: &generator)
    }

    private mutating func integer() -> Int64 {
        generator.oneIn(2)
            ? Int64.random(in: -100...100, using: &generator) : Int64.random(in: .min ... .max, using: &generator)
    }

    /// A finite double with a fraction, or one that is no 64-bit integer.
    private mutating func double() -> JSONTree {
        let double = Double(bitPattern: generator.next())
        return double.isFinite && Int64(exactly: double) == nil ? .double(double) : .double(0.5)
    }

    /// A string of 0 to 8 scalars, some of each length in UTF-8, never U+0000.
    private mutating func string() -> String {
        var string = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            let ranges: [ClosedRange<UInt32>] = [
                0x20...0x7E, 0x20...0x7E, 1...0x1F, 0x80...0x7FF, 0x800...0xFFFF, 0x10000...0x10FFFF,
            ]
            let range = ranges.randomElement(using: &generator) ?? 0x20...0x7E
            string.append(Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? "\u{FFFD}")
        }
        return String(string)
    }

    private mutating func append(_ value: JSONTree, to text: inout [UInt8]) {
        space(&text)
        switch value {
        case .null: text += Array("null".utf8)
        case .bool(let bool): text += Array((bool ? "true" : "false").utf8)
        case .integer(let integer): text += Array((String(integer) + (generator.oneIn(4) ? ".0" : "")).utf8)
        case .double(let double): text += Array(double.description.utf8)
        case .string(let string): append(string, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                append(element, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                space(&text)
                append(member.name, to: &text)
                space(&text)
                text.append(UInt8(ascii: ":"))
                append(member.value, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
        space(&text)
    }

    private mutating func append(_ string: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for scalar in String(decoding: string, as: UTF8.self).unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if !mustEscape, !generator.oneIn(4) {
                text += Array(String(scalar).utf8)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: generator.oneIn(2))
                text +=
                    Array("\\u".utf8) + Array(String(repeating: "0", count: 4 - digits.count).utf8) + Array(digits.utf8)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func space(_ text: inout [UInt8]) {
        while generator.oneIn(3) { text.append([0x20, 0x0A, 0x0D, 0x09].randomElement(using: &generator) ?? 0x20) }
    }
}
