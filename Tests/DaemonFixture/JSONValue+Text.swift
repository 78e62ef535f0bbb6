// JSON text, after RFC 8259.

extension JSONValue: CustomStringConvertible {
    /// Compact JSON. Members keep their order.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Compact JSON in UTF-8.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .number(let text): output += text.utf8
        case .string(let value): Self.write(value, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: output += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

/// JSON text that is not JSON.
public struct JSONMistake: Error, CustomStringConvertible {
    /// What is wrong, and where.
    public let description: String
}

extension JSONValue {
    /// Parses JSON text; throws ``JSONMistake``. Meant for the daemon's answers: it is strict, but has no bound on depth.
    public init(parsing bytes: some Collection<UInt8>) throws {
        var parser = JSONParser(Array(bytes))
        self = try parser.document()
    }

    /// Parses JSON text; throws ``JSONMistake``.
    public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }
}

/// A recursive descent over the text.
private struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> JSONValue {
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw mistake("text after the value") }
        return value
    }

    private func mistake(_ what: String) -> JSONMistake { JSONMistake(description: "\(what) at byte \(index)") }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
    }

    private mutating func peek() throws -> UInt8 {
        skipSpace()
        guard index < bytes.count else { throw mistake("the text ends") }
        return bytes[index]
    }

    private mutating func take(_ character: Unicode.Scalar) throws -> Bool {
        guard try peek() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard try take(character) else { throw mistake("no \(character)") }
    }

    private mutating func value() throws -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw mistake("no value") }
        index += word.utf8.count
        return value
    }

    private mutating func object() throws -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        if try take("}") { return .object(members) }
        repeat {
            guard try peek() == UInt8(ascii: "\"") else { throw mistake("no key") }
            let key = try string()
            try expect(":")
            members.append(.init(key, try value()))
        } while try take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func array() throws -> JSONValue {
        index += 1
        var values: [JSONValue] = []
        if try take("]") { return .array(values) }
        repeat { values.append(try value()) } while try take(",")
        try expect("]")
        return .array(values)
    }

    private mutating func number() throws -> JSONValue {
        let start = index
        while index < bytes.count, "+-.0123456789Ee".utf8.contains(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard Self.isNumber(text.utf8) else { throw mistake("no value") }
        return .number(text)
    }

    /// `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`
    private static func isNumber(_ text: String.UTF8View) -> Bool {
        var rest = text.starts(with: "-".utf8) ? text.dropFirst() : text[...]
        func digits(_ rest: inout Substring.UTF8View) -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits(&rest)
        guard whole > 0, !startsWithZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func string() throws -> String {
        index += 1
        var text: [UInt8] = []
        while true {
            let start = index
            while index < bytes.count, bytes[index] != 0x22, bytes[index] != 0x5c, bytes[index] >= 0x20 { index += 1 }
            text += bytes[start..<index]
            guard index < bytes.count else { throw mistake("an open string") }
            switch bytes[index] {
            case 0x22:
                index += 1
                guard let text = String(validating: text, as: UTF8.self) else { throw mistake("bad UTF-8") }
                return text
            case 0x5c: text += try escape()
            default: throw mistake("a control character")
            }
        }
    }

    private mutating func escape() throws -> [UInt8] {
        index += 1
        guard index < bytes.count else { throw mistake("an open string") }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try scalar()).utf8)
        default: throw mistake("a bad escape")
        }
    }

    private mutating func scalar() throws -> Unicode.Scalar {
        let unit = try unit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xd800..<0xdc00).contains(unit), bytes[index...].starts(with: "\\u".utf8) else {
            throw mistake("a lone surrogate")
        }
        index += 2
        let low = try self.unit()
        guard (0xdc00..<0xe000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
        else { throw mistake("a lone surrogate") }
        return scalar
    }

    private mutating func unit() throws -> UInt32 {
        guard index + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw mistake("a bad escape") }
        index += 4
        return unit
    }
}
