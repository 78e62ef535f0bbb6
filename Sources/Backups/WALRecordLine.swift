import MemoryModel

/// A record of the log as `pg_waldump` prints it:
///
///     rmgr: Heap        len (rec/tot):     54/    54, tx:        728, lsn: 0/05958188, prev 0/05958150, desc: DELETE …
struct WALRecordLine: Equatable, Sendable {
    /// The transaction, 0 when it belongs to none.
    var transaction: UInt32
    /// Where the record begins.
    var location: WALLocation
    /// What it is, in `pg_waldump`'s words, from the verb on.
    var description: Substring

    /// Reads a line; nil when it is none of a record.
    init?(_ line: String) {
        guard line.hasPrefix("rmgr: "), let transaction = Self.field("tx:", in: line).flatMap({ UInt32($0) }),
            let location = Self.field("lsn:", in: line).flatMap({ WALLocation($0) }),
            let mark = line.firstRange(of: "desc: ")
        else { return nil }
        self.transaction = transaction
        self.location = location
        description = line[mark.upperBound...]
    }

    private static func field(_ name: String, in line: String) -> Substring? {
        guard let mark = line.firstRange(of: name) else { return nil }
        return line[mark.upperBound...].drop { $0 == " " }.prefix { $0 != "," && $0 != " " }
    }

    /// When the transaction was committed, if this is the record of that.
    var commitTime: Timestamp? {
        guard description.hasPrefix("COMMIT") else { return nil }
        // "COMMIT 2026-11-26 03:08:34.816734 UTC; …", since the programs run in UTC; "COMMIT_PREPARED 730: 2026-…".
        let words = description.split(separator: " ")
        guard let day = words.firstIndex(where: { $0.count == 10 && $0.contains("-") }), day + 1 < words.endIndex else {
            return nil
        }
        return Timestamp(rfc3339: "\(words[day])T\(words[day + 1].prefix { $0 != ";" })Z")
    }

    /// How many relations' files the transaction removed when it was committed: by TRUNCATE, DROP and the like.
    var removedFiles: Int {
        guard commitTime != nil, let mark = description.firstRange(of: "; rels:") else { return 0 }
        return description[mark.upperBound...].prefix { $0 != ";" }.split(separator: " ").count
    }
}
