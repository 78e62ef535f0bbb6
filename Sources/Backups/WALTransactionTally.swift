import MemoryModel

/// What one transaction did to rows, as the log tells.
package struct WALTransaction: Equatable, Sendable {
    /// Its number.
    package var id: UInt32
    /// When it was committed.
    package var committedAt: Timestamp
    /// Where its commit is in the log.
    package var location: WALLocation
    /// How many rows it deleted, those of dependent tables and of values stored apart included.
    package var deleted = 0
    /// How many rows it replaced.
    package var updated = 0
    /// How many files of tables and indexes it removed: by TRUNCATE, DROP and the like.
    package var removedFiles = 0
}

/// Counts, record by record, what each transaction did, and keeps the ones that took something away. Pure.
package struct WALTransactionTally: Sendable {
    /// Only transactions with at least so many deleted or replaced rows, or with removed files, are kept.
    package let minimumRows: Int
    /// Only those that were committed from then on.
    package let since: Timestamp?
    /// How many are kept; of more, the last ones.
    package static let maximumKept = 1_000
    /// How many transactions can be open at once; the counts of more are lost.
    private static let maximumOpen = 100_000

    private var open: [UInt32: (deleted: Int, updated: Int)] = [:]
    private var kept: [WALTransaction] = []

    /// Counts nothing yet.
    package init(minimumRows: Int, since: Timestamp?) {
        self.minimumRows = minimumRows
        self.since = since
    }

    /// The transactions that took something away, the most recent first.
    package var transactions: [WALTransaction] { kept.reversed() }

    /// Takes a line of `pg_waldump`.
    package mutating func take(_ text: String) {
        // Inserts are most of the log, and of no interest.
        guard text.utf8.count > 60, let line = WALRecordLine(text) else { return }
        take(line)
    }

    private mutating func take(_ line: WALRecordLine) {
        let isDelete = line.description.hasPrefix("DELETE")
        if isDelete || line.description.hasPrefix("UPDATE") || line.description.hasPrefix("HOT_UPDATE") {
            // The catalogs' tables have numbers below those given to a user's (PostgreSQL's FirstNormalObjectId).
            guard Self.file(in: line.description) >= 16_384 else { return }
            guard open[line.transaction] != nil || open.count < Self.maximumOpen else { return }
            open[line.transaction, default: (0, 0)].deleted += isDelete ? 1 : 0
            open[line.transaction, default: (0, 0)].updated += isDelete ? 0 : 1
        } else if line.description.hasPrefix("ABORT") {
            open[line.transaction] = nil
        } else if let time = line.commitTime {
            let counts = open.removeValue(forKey: line.transaction) ?? (0, 0)
            keep(
                WALTransaction(
                    id: line.transaction, committedAt: time, location: line.location, deleted: counts.deleted,
                    updated: counts.updated, removedFiles: line.removedFiles))
        }
    }

    private mutating func keep(_ transaction: WALTransaction) {
        guard max(transaction.deleted, transaction.updated) >= minimumRows || transaction.removedFiles > 0 else {
            return
        }
        if let since, transaction.committedAt < since { return }
        if kept.count == Self.maximumKept { kept.removeFirst() }
        kept.append(transaction)
    }

    /// The number of the first file that a record changes: "… blkref #0: rel 1663/5/16384 blk 2162".
    private static func file(in description: Substring) -> UInt32 {
        guard let mark = description.firstRange(of: "rel ") else { return 0 }
        let name = description[mark.upperBound...].prefix { $0 != " " && $0 != ";" }
        return name.split(separator: "/").last.flatMap { UInt32($0) } ?? 0
    }
}
