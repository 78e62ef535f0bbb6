import StrictJSON
import Testing

@Suite("Numbers", .serialized)
struct NumberTests {
    static let integers: [(text: String, value: Int64?)] = [
        ("0", 0), ("-0", 0), ("5", 5), ("-5", -5), ("5.0", 5), ("5.000", 5), ("5e0", 5), ("5E+0", 5), ("50e-1", 5),
        ("0.5e1", 5), ("-5.0e0", -5), ("1e3", 1_000), ("1.5e3", 1_500), ("0.0", 0), ("0e9", 0), ("0e-9", 0),
        ("0.000e99999999999999999999", 0), ("1e18", 1_000_000_000_000_000_000),
        ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775807.0", .max),
        ("-9223372036854775808.00", .min), ("922337203685477580.7e1", .max),
        ("9007199254740993.0", 9_007_199_254_740_993),
        // More than 64 bits.
        ("9223372036854775808", nil), ("-9223372036854775809", nil), ("9223372036854775808.0", nil), ("1e19", nil),
        ("1e300", nil), ("123456789012345678901234567890", nil),
        // Fractions, however small.
        ("5.5", nil), ("0.1", nil), ("5e-1", nil), ("1.00000000000000000000000001", nil), ("1e-400", nil),
        ("15e-1", nil), ("9007199254740992.5", nil), ("1e-99999999999999999999", nil),
    ]

    @Test("integers are those without a fraction, in 64 bits", arguments: integers)
    func int64(text: String, value: Int64?) throws {
        let view = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(view.int64 == value)
        #expect(try JSONDocument(parsing: Array("[\(text) ]".utf8)).root.elements.map(\.int64) == [value])
    }

    static let doubles: [(text: String, value: Double)] = [
        ("0", 0), ("0.1", 0.1), ("1e308", 1e308), ("1.7976931348623157e308", .greatestFiniteMagnitude),
        ("-1.7976931348623157e308", -.greatestFiniteMagnitude), ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0),
        ("2.4e-324", 0), ("9007199254740993", 9_007_199_254_740_992), ("0.1e-999999999999999999999", 0),
        ("123456789012345678901234567890", 1.2345678901234568e29),
    ]

    @Test("doubles are the nearest", arguments: doubles)
    func double(text: String, value: Double) throws {
        #expect(try JSONDocument(parsing: Array(text.utf8)).root.double == value)
    }

    @Test("numbers outside a double are refused, however they are written")
    func outsideDouble() {
        let digits = { (count: Int) in String(repeating: "9", count: count) }
        for text in [
            "1e309", "1.8e308", "1.7976931348623159e308", digits(310), "-" + digits(400), digits(309) + ".5",
            digits(100_000), "1e" + digits(30), digits(309) + "e0", "0.1e310",
        ] {
            #expect(!GrammarTests.parses(text), "\(text.prefix(40))")
        }
        for text in [
            digits(308), "1" + String(repeating: "0", count: 308), digits(308) + "." + digits(1_000),
            digits(400) + "e-100", "0." + digits(100_000), "1e-" + digits(30),
        ] {
            #expect(GrammarTests.parses(text), "\(text.prefix(40))")
        }
    }

    @Test("half a million digits cost no more than reading them")
    func hostileDigits() throws {
        let start = ContinuousClock.now
        let text =
            "[0." + String(repeating: "7", count: 500_000) + ",1e-" + String(repeating: "0", count: 500_000) + "1]"
        let compact = try JSONText(parsing: text)
        #expect(compact.description == "[0.7777777777777778,0.1]")
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
