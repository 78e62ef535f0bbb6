import StrictJSON
import Testing

/// The Unicode standard, table 3-7: which byte sequences are well-formed UTF-8.
@Suite("UTF-8", .serialized)
struct UTF8Tests {
    static let wellFormed: [[UInt8]] = [
        [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xE0, 0xBF, 0xBF], [0xE1, 0x80, 0x80],
        [0xEC, 0xBF, 0xBF],
        [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
        [0xF0, 0xBF, 0xBF, 0xBF], [0xF1, 0x80, 0x80, 0x80], [0xF3, 0xBF, 0xBF, 0xBF], [0xF4, 0x80, 0x80, 0x80],
        [0xF4, 0x8F, 0xBF, 0xBF],
    ]

    @Test("well-formed sequences are accepted and come back", arguments: wellFormed)
    func accepts(bytes: [UInt8]) throws {
        let view = try JSONDocument(parsing: Self.quoted(bytes)).root
        #expect(view.string.map { Array($0.utf8) } == bytes)
        #expect(view.compacted().bytes == Self.quoted(bytes))
    }

    static let illFormed: [[UInt8]] = [
        // Continuation bytes on their own, and bytes that never occur.
        [0x80], [0xBF], [0xC0], [0xC1], [0xF5], [0xF8], [0xFC], [0xFE], [0xFF],
        // Overlong forms: of NUL, '/', U+007F, U+07FF, U+FFFF.
        [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0xAF],
        [0xF0, 0x8F, 0xBF, 0xBF],
        // Surrogates, alone and in pairs (CESU-8).
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
        // Over U+10FFFF.
        [0xF4, 0x90, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF],
        // Cut short by something that is no continuation.
        [0xC3, 0x28], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28], [0xF0, 0x28, 0x8C, 0xBC], [0xF0, 0x90, 0x28, 0xBC],
        [0xF0, 0x9F, 0x98, 0x28], [0xC3, 0xC3, 0xA9],
    ]

    @Test("ill-formed sequences are refused at their first byte", arguments: illFormed)
    func rejects(bytes: [UInt8]) throws {
        for text in [
            Self.quoted(bytes), Self.quoted(Array("ab".utf8) + bytes), Array("{\"k".utf8) + bytes + Array("\":1}".utf8),
        ] {
            let fault = try #require(Self.fault(text))
            #expect(fault.reason == "not UTF-8")
            #expect(text[fault.offset] >= 0x80)
        }
        #expect(Self.fault(Self.quoted(bytes))?.offset == 1)
    }

    @Test("every sequence cut off by the end of the text is refused", arguments: wellFormed.filter { $0.count > 1 })
    func truncated(bytes: [UInt8]) {
        for length in 1..<bytes.count {
            #expect(Self.fault(Array("\"".utf8) + bytes.prefix(length))?.reason == "not UTF-8")
            #expect(Self.fault(Self.quoted(Array(bytes.prefix(length))))?.reason == "not UTF-8")
        }
    }

    @Test("bytes over 0x7F outside of strings are refused")
    func outsideStrings() {
        for byte in UInt8(0x80)...0xFF { #expect(Self.fault([byte, 0x31]) != nil) }
    }

    @Test("every scalar passes, as itself and escaped")
    func everyScalar() throws {
        for value in stride(from: UInt32(1), through: 0x10FFFF, by: 199) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            let escaped = text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            let view = try JSONDocument(parsing: Array("\"\(escaped.joined())\"".utf8)).root
            guard view.string.map({ Array($0.utf8) }) == Array(text.utf8) else {
                Issue.record("U+\(String(value, radix: 16)) became \(String(describing: view.string))")
                return
            }
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        Array("\"".utf8) + bytes + Array("\"".utf8)
    }

    private static func fault(_ bytes: [UInt8]) -> JSONSyntaxError? {
        do throws(JSONSyntaxError) {
            _ = try JSONDocument(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }
}
