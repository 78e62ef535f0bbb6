import Glibc

/// Reads a script of table data as `pg_restore` writes it, and counts and hashes each table's rows.
///
/// Such a script is lines of SQL, and between `COPY … FROM stdin;` and a line `\.` the rows of a table in COPY's text
/// format, one a line (PostgreSQL manual, COPY, "Text Format"). Within it every line feed and backslash of a value is
/// escaped, so a row ends with the line, and no row is `\.`.
///
/// Bytes come in pieces cut anywhere. Nothing of a row is kept but its hash, however long it is.
struct CopyTextReader: Sendable {
    /// What is known of a table.
    struct Table: Hashable, Sendable {
        var rows: Int64 = 0
        var digest = ContentDigest()
    }

    /// The tables so far.
    private(set) var tables: [TableName: Table] = [:]

    /// The table whose rows are being read; nil: SQL.
    private var current: TableName?
    private var table = Table()
    private var row = RowHash()
    /// The line of SQL so far, cut at ``BackupLimits/scriptLineBytes``.
    private var line: [UInt8] = []
    private var fault: String?

    /// Takes the next bytes.
    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        guard var place = bytes.baseAddress else { return }
        var left = bytes.count
        while left > 0 {
            let end = memchr(place, 0x0a, left)
            let count = end.map { UnsafeRawPointer($0) - place } ?? left
            let piece = UnsafeRawBufferPointer(start: place, count: count)
            if current == nil {
                line.append(contentsOf: piece.prefix(BackupLimits.scriptLineBytes - line.count))
            } else {
                row.update(piece)
            }
            guard end != nil else { return }
            endLine()
            place += count + 1
            left -= count + 1
        }
    }

    /// What was read, when the script has ended.
    ///
    /// - Throws: when it ended within a table, or was no script that can be judged.
    func finish() throws(BackupError) -> [TableName: Table] {
        if let fault { throw BackupError(.mismatch, fault) }
        if let current { throw BackupError(.mismatch, "the data of table \(current) have no end") }
        return tables
    }

    private mutating func endLine() {
        guard let name = current else {
            current = TableName.beginning(line)
            if let current, tables[current] != nil { fault = "the data of table \(current) come twice" }
            if tables.count > 100 * BackupLimits.tables { fault = "there are data of over \(tables.count - 1) tables" }
            line.removeAll(keepingCapacity: true)
            return
        }
        if row.isPair(UInt8(ascii: "\\"), UInt8(ascii: ".")) {
            tables[name] = table
            table = Table()
            current = nil
        } else {
            table.rows += 1
            table.digest.add(row)
        }
        row = RowHash()
    }
}
