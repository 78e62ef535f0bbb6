import Foundation
import MemoryModel
import ProcessSupervision

/// What took memories away, as the archived WAL tells: to find the mistake that one wants to be back before.
package struct RestoreDeletions: Sendable {
    /// A transaction, with the timeline it was on.
    package struct Entry: Equatable, Sendable {
        /// The timeline.
        package var timeline: UInt32
        /// What it did.
        package var transaction: WALTransaction
    }

    /// The transactions, the most recent first.
    package var entries: [Entry]
    /// The newest timeline, which a restore follows unless told otherwise.
    package var newestTimeline: UInt32

    /// For each transaction a line with what it did, and one with the command that restores to just before it.
    ///
    /// - Parameter command: the command to restore with, such as `brain-memoryd restore --target /x`.
    package func lines(command: String) -> [String] {
        entries.flatMap { entry in
            let transaction = entry.transaction
            var parts: [String] = []
            if transaction.deleted > 0 { parts.append("\(RestoreText.count(Int64(transaction.deleted))) rows deleted") }
            if transaction.updated > 0 {
                parts.append("\(RestoreText.count(Int64(transaction.updated))) rows replaced")
            }
            if transaction.removedFiles > 0 {
                parts.append("\(transaction.removedFiles) tables or indexes emptied or dropped")
            }
            let timeline = entry.timeline == newestTimeline ? "" : " --timeline \(entry.timeline)"
            return [
                "\(transaction.committedAt)  transaction \(transaction.id): \(parts.joined(separator: ", "))",
                "    \(command) --before-xid \(transaction.id)\(timeline)",
            ]
        }
    }
}

extension Restorer {
    /// Looks through the archived WAL of the newest base backup's cluster.
    ///
    /// - Parameters:
    ///   - minimumRows: only transactions that deleted or replaced so many rows, or emptied or dropped a table.
    ///   - since: only those committed from then on; nil: all that are archived.
    package func deletions(minimumRows: Int, since: Timestamp?) async throws(RestoreError) -> RestoreDeletions {
        try await wrapped { () async throws in
            let folders = configuration.folders
            let catalog = try await queue.run { () throws(ManagedServerError) in try RestoreCatalog.read(folders) }
            guard let base = catalog.bases.first, let system = base.systemIdentifier else {
                throw RestoreError(.noBackup, "there is no base backup in \(folders.root), so no WAL can be replayed")
            }
            let archive = try await queue.run { () throws(ManagedServerError) in
                try WALArchive.read(folders, systemIdentifier: system)
            }
            let programs = try await programs(try await majorVersion(of: base))
            let search = WALSearch(
                archive: archive,
                reader: WALReader(programs: programs, segmentBytes: archive.segmentBytes, queue: queue))
            let found = try await search.deletions(minimumRows: minimumRows, since: since)
            let entries = found.flatMap { part in
                part.found.map { RestoreDeletions.Entry(timeline: part.timeline, transaction: $0) }
            }
            return RestoreDeletions(
                entries: entries.sorted { $0.transaction.committedAt > $1.transaction.committedAt },
                newestTimeline: archive.timelines.last ?? 1)
        }
    }
}
