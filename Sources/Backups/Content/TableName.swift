/// A table's name with its schema's.
struct TableName: Hashable, Sendable, CustomStringConvertible {
    var schema: String
    var table: String

    /// As SQL text: both quoted.
    var quoted: String { Self.quote(schema) + "." + Self.quote(table) }

    var description: String { schema + "." + table }

    /// An identifier in quotes.
    static func quote(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// Reads the line with which table data begin in a dump: `COPY schema."table" (columns) FROM stdin;`. Nil when the
    /// line is another.
    static func beginning(_ line: [UInt8]) -> TableName? {
        let start = Array("COPY ".utf8)
        let end = Array(" FROM stdin;".utf8)
        guard line.count >= start.count + end.count, line.starts(with: start), line.suffix(end.count).elementsEqual(end)
        else { return nil }
        var rest = line[start.count...]
        guard let schema = identifier(&rest), rest.popFirst() == UInt8(ascii: "."), let table = identifier(&rest),
            rest.first == UInt8(ascii: " ")
        else { return nil }
        return TableName(schema: schema, table: table)
    }

    private static func identifier(_ rest: inout ArraySlice<UInt8>) -> String? {
        let quote = UInt8(ascii: "\"")
        guard rest.first == quote else {
            let name = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: " ") }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
        }
        var name: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.first == quote else { return String(decoding: name, as: UTF8.self) }
                rest = rest.dropFirst()
            }
            name.append(byte)
        }
        return nil
    }
}
