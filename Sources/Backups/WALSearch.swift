import Foundation
import MemoryModel
import Synchronization

/// Looks for transactions in an archive.
struct WALSearch: Sendable {
    var archive: WALArchive
    var reader: WALReader

    /// How many segments are looked through by one run, so that a recent transaction is found without reading all.
    private static let window = 16

    /// Where the transaction was committed: on that timeline, or nil: on the latest one that has it.
    func commit(of id: UInt32, on timeline: UInt32?) async throws -> WALLocation? {
        for timeline in timeline.map({ [$0] }) ?? archive.timelines.reversed() {
            for run in runs(on: timeline).reversed() {
                for files in Self.windows(run).reversed() {
                    if let place = try await commit(of: id, in: files, on: timeline) { return place }
                }
            }
        }
        return nil
    }

    private func commit(of id: UInt32, in files: [WALArchive.File], on timeline: UInt32) async throws -> WALLocation? {
        let found = Mutex<WALLocation?>(nil)
        try await reader.records(
            files, on: timeline, managers: ["Transaction"],
            from: files[0].segment.start(segmentBytes: archive.segmentBytes)
        ) { text in
            guard let line = WALRecordLine(text), line.transaction == id, line.commitTime != nil else { return }
            found.withLock { $0 = line.location }
        }
        return found.withLock { $0 }
    }

    /// Transactions that took something away, on every timeline, the most recent first.
    func deletions(minimumRows: Int, since: Timestamp?) async throws -> [(timeline: UInt32, found: [WALTransaction])] {
        var all: [(timeline: UInt32, found: [WALTransaction])] = []
        for timeline in archive.timelines.reversed() {
            let tally = Mutex(WALTransactionTally(minimumRows: minimumRows, since: since))
            for run in runs(on: timeline) {
                // What was written last before then holds nothing committed from then on.
                let files = run.filter { file in since.map { file.modifiedAt >= $0.date } ?? true }
                guard let first = files.first else { continue }
                try await reader.records(
                    files, on: timeline, managers: ["Heap", "Transaction"],
                    from: first.segment.start(segmentBytes: archive.segmentBytes)
                ) { line in tally.withLock { $0.take(line) } }
            }
            let found = tally.withLock { $0.transactions }
            if !found.isEmpty { all.append((timeline, found)) }
        }
        return all
    }

    /// The files of a timeline, in stretches without a gap.
    private func runs(on timeline: UInt32) -> [[WALArchive.File]] {
        var runs: [[WALArchive.File]] = []
        for number in archive.numbers(on: timeline) {
            guard let file = archive.files[WALSegment(timeline: timeline, number: number)] else { continue }
            if let last = runs.last?.last, last.segment.number + 1 == number, !last.isPartial {
                runs[runs.count - 1].append(file)
            } else {
                runs.append([file])
            }
        }
        return runs
    }

    /// Overlapping by one, since a record may go on in the next segment.
    private static func windows(_ files: [WALArchive.File]) -> [[WALArchive.File]] {
        stride(from: 0, to: files.count, by: window).map { Array(files[$0..<min($0 + window + 1, files.count)]) }
    }
}
