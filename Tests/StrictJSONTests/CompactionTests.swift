import StrictJSON
import Testing

@Suite("Compact texts", .serialized)
struct CompactionTests {
    static let forms: [(text: String, compact: String)] = [
        (" [ 1 , 2 ] ", "[1,2]"), ("{\n\t\"a\" : 1 ,\r\n\"b\" : [ ] }", "{\"a\":1,\"b\":[]}"),
        ("\" a  b \"", "\" a  b \""),
        ("{\"z\":1,\"a\":2}", "{\"z\":1,\"a\":2}"),
        // Only what must be escaped is.
        (#""\u0041\/\u00e9""#, "\"A/é\""), (#""\"\\""#, #""\"\\""#),
        (#""\u0001\u001F\u000a\u0008""#, #""\u0001\u001f\n\b""#),
        (#""\u007f\u2028""#, "\"\u{7F}\u{2028}\""), (#""\ud83d\ude00""#, "\"😀\""),
        (#"{"\u0061":"\u0062"}"#, #"{"a":"b"}"#),
        // Numbers stay as they came, unless PostgreSQL would make them long.
        ("1.50", "1.50"), ("1E5", "1E5"), ("-0.0", "-0.0"), ("1e30", "1e30"), ("1e-30", "1e-30"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("1e300", "1e300"), ("1E+300", "1e300"), ("-12.5e300", "-1.25e301"), ("1e-300", "1e-300"), ("5e-324", "5e-324"),
        ("1e-400", "0.0"), ("0e0", "0.0"), ("1e308", "1e308"), ("1.7976931348623157E+308", "1.7976931348623157e308"),
    ]

    @Test("each form", arguments: forms)
    func compacts(text: String, compact: String) throws {
        let compacted = try JSONText(parsing: text)
        #expect(compacted.description == compact)
        #expect(try JSONText(parsing: compact) == compacted)
        #expect(compacted.view.compacted() == compacted)
    }

    @Test("301 digits become the shortest text of the same double")
    func longNumbers() throws {
        let long = "1" + String(repeating: "0", count: 300)
        #expect(try JSONText(parsing: long).description == "1e300")
        #expect(try JSONText(parsing: "-" + long + ".000").description == "-1e300")
        #expect(try JSONText(parsing: "0." + String(repeating: "3", count: 300)).description == "0.3333333333333333")
        #expect(try JSONText(parsing: "1." + String(repeating: "0", count: 300)).description == "1.0")
        let huge = Array(("[" + long + ", 1]").utf8)
        #expect(huge.withUnsafeBytes { JSONText(compactingTrusted: $0) }.description == "[1e300,1]")
    }

    @Test("part of a text is compacted on its own")
    func part() throws {
        let view = try JSONDocument(parsing: Array("{\"a\": [ 1 , {\"b\" : \"\\u0062\"} ] , \"c\" : 2 }".utf8)).root
        #expect(view["a"]?.compacted().description == "[1,{\"b\":\"b\"}]")
        #expect(view["c"]?.compacted().description == "2")
    }

    @Test("equal texts are equal bytes")
    func equality() throws {
        #expect(try JSONText(parsing: "{ }") == .emptyObject)
        let (composed, decomposed) = (try JSONText(parsing: "\"\u{E9}\""), try JSONText(parsing: "\"e\u{301}\""))
        #expect(composed != decomposed)
        #expect(throws: JSONSyntaxError.self) { try JSONText(parsing: "[[1]]", maximumDepth: 1) }
    }
}

@Suite("JSONWriter", .serialized)
struct WriterTests {
    @Test("commas and colons are placed")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.integer(1)
        writer.null()
        writer.boolean(true)
        writer.boolean(false)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.endArray()
        writer.key("b")
        writer.string("x")
        writer.key("c")
        writer.text(.emptyObject)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":[1,null,true,false,{},[]],"b":"x","c":{}}"#)
    }

    static let strings: [(value: String, text: String)] = [
        ("", #""""#), ("a\"b\\c/", #""a\"b\\c/""#), ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
        ("\0\u{1}\u{1F}", #""\u0000\u0001\u001f""#), ("\u{7F}é😀\u{2028}", "\"\u{7F}é😀\u{2028}\""),
    ]

    @Test("strings and keys get the fewest escapes", arguments: strings)
    func string(value: String, text: String) {
        var writer = JSONWriter()
        writer.string(value)
        #expect(Array(writer.bytes) == Array(text.utf8))
        var keys = JSONWriter()
        keys.key(named: value)
        #expect(Array(keys.bytes) == Array((text + ":").utf8))
    }

    static let doubles: [(value: Double, text: String)] = [
        (0, "0.0"), (-0.0, "-0.0"), (5, "5.0"), (0.1, "0.1"), (1e16, "1e16"), (1e300, "1e300"), (-1.5e-7, "-1.5e-07"),
        (.greatestFiniteMagnitude, "1.7976931348623157e308"), (.leastNonzeroMagnitude, "5e-324"), (.infinity, "null"),
        (-.infinity, "null"), (.nan, "null"),
    ]

    @Test("doubles get the fewest digits, in the form that compaction leaves alone", arguments: doubles)
    func double(value: Double, text: String) throws {
        var writer = JSONWriter()
        writer.double(value)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
        let view = try JSONDocument(parsing: writer.bytes).root
        #expect(view.double == (value.isFinite ? value : nil))
        #expect(view.compacted().bytes == writer.bytes)
    }

    @Test("floats come back as the same float32")
    func float() throws {
        for value: Float in [
            0, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNormalMagnitude, 16_777_216,
        ] {
            var writer = JSONWriter()
            writer.float(value)
            #expect(try JSONDocument(parsing: writer.bytes).root.double.map { Float($0) } == value)
        }
        var writer = JSONWriter()
        writer.float(.nan)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "null")
    }

    @Test("rewinding forgets what came after the mark, commas included")
    func rewind() {
        var writer = JSONWriter(prefix: Array("....".utf8))
        writer.beginArray()
        let first = writer.mark
        writer.integer(1)
        writer.rewind(to: first)
        writer.integer(2)
        let second = writer.mark
        writer.beginObject()
        writer.rewind(to: second)
        writer.integer(UInt64.max)
        writer.integer(Int64.min)
        writer.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "....[2,18446744073709551615,-9223372036854775808]")
        #expect(writer.count == writer.bytes.count)
    }
}
