import Testing

@testable import Backups

@Suite struct CopyTextReaderTests {
    /// As pg_restore writes it, with all that could be taken for something else.
    private let script = #"""
        --
        -- Data for Name: brain_memories; COPY public.fake FROM stdin;
        --
        SET statement_timeout = 0;
        COPY public.brain_memories (id, context) FROM stdin;
        m1	{"text": "a\\tb"}
        m2	\N
        \\.	x
        \.x
        COPY public.fake (id) FROM stdin;

        m3	ü😀
        \.


        COPY "My ""odd"" schema"."T.a b" ("id") FROM stdin;
        \.
        SELECT pg_catalog.setval('public.s', 1, false);

        """#

    private func read(_ bytes: [UInt8], cutAt cuts: [Int] = []) throws -> [TableName: CopyTextReader.Table] {
        var reader = CopyTextReader()
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            bytes[start..<cut].withUnsafeBytes { reader.read($0) }
            start = cut
        }
        return try reader.finish()
    }

    @Test("rows between COPY and the end mark are counted, and nothing else")
    func tables() throws {
        let tables = try read(Array(script.utf8))
        #expect(
            Set(tables.keys) == [
                TableName(schema: "public", table: "brain_memories"),
                TableName(schema: "My \"odd\" schema", table: "T.a b"),
            ])
        #expect(tables[TableName(schema: "public", table: "brain_memories")]?.rows == 7)
        #expect(tables[TableName(schema: "My \"odd\" schema", table: "T.a b")]?.rows == 0)
    }

    @Test("it is all the same where the bytes are cut")
    func chunks() throws {
        let bytes = Array(script.utf8)
        let whole = try read(bytes)
        #expect(try read(bytes, cutAt: Array(1..<bytes.count)) == whole)
        for _ in 0..<500 {
            let cuts = (0..<Int.random(in: 1...12)).map { _ in Int.random(in: 0...bytes.count) }
            #expect(try read(bytes, cutAt: cuts) == whole)
        }
        for cut in bytes.indices { #expect(try read(bytes, cutAt: [cut]) == whole) }
    }

    private func digest(_ rows: [String]) throws -> ContentDigest {
        let text = "COPY a.b FROM stdin;\n" + rows.map { $0 + "\n" }.joined() + "\\.\n"
        return try #require(try read(Array(text.utf8))[TableName(schema: "a", table: "b")]).digest
    }

    @Test("the order of rows does not matter; every byte of them does, and how often they come")
    func digests() throws {
        var rows = (0..<200).map { "row \($0)\t" + String(repeating: "x", count: $0 % 23) }
        let whole = try digest(rows)
        #expect(try digest(rows.reversed()) == whole)
        #expect(try digest(rows.shuffled()) == whole)
        #expect(try digest(rows.dropLast() + []) != whole)
        #expect(try digest(rows + [rows[0]]) != whole)
        #expect(try digest(rows + [""]) != whole)
        #expect(try digest(rows + [rows[0], rows[0]]) != digest(rows + [rows[1], rows[1]]))
        for _ in 0..<300 {
            let index = Int.random(in: rows.indices)
            var bytes = Array(rows[index].utf8)
            let place = Int.random(in: bytes.indices)
            let before = rows[index]
            bytes[place] ^= 1 << UInt8.random(in: 0..<7)
            guard bytes[place] != 0x0a else { continue }
            rows[index] = String(decoding: bytes, as: UTF8.self)
            #expect(try digest(rows) != whole)
            rows[index] = before
        }
    }

    @Test("rows that differ in trailing zero bytes, or are moved over a word's edge, differ")
    func paddings() throws {
        let rows = [
            "", "\0", "\0\0", "\0\0\0\0\0\0\0\0", "a", "a\0", "aaaaaaaa", "aaaaaaaa\0", "aaaaaaaaa", "\0aaaaaaaa",
        ]
        var seen: Set<ContentDigest> = []
        for row in rows { #expect(seen.insert(try digest([row])).inserted) }
        #expect(try digest(["ab", "c"]) != digest(["a", "bc"]))
        #expect(try digest(["a\tb"]) != digest(["b\ta"]))
    }

    @Test("a script that is cut short within a table is an error; one that is no script has no tables")
    func cut() throws {
        #expect(throws: BackupError.self) { try read(Array("COPY a.b FROM stdin;\nrow\n".utf8)) }
        #expect(throws: BackupError.self) { try read(Array("COPY a.b FROM stdin;\nrow\n\\.".utf8)) }
        #expect(throws: BackupError.self) {
            try read(Array("COPY a.b FROM stdin;\n\\.\nCOPY a.b FROM stdin;\n\\.\n".utf8))
        }
        #expect(try read([]) == [:])
        #expect(try read([UInt8](repeating: 0x41, count: 1 << 20)) == [:])
        for line in [
            "COPY", "COPY a FROM stdin;", "COPY a.b  FROM stdin", "COPY \"a.b FROM stdin;", "COPY .b FROM stdin;",
            "copy a.b FROM stdin;", " COPY a.b FROM stdin;",
        ] {
            #expect(try read(Array((line + "\nx\n").utf8)) == [:], "\(line)")
        }
    }
}
