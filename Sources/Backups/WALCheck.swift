import Foundation
import ManagedPostgres
import MemoryModel
import ProcessSupervision

/// What a reading of all the WAL of a plan has shown.
package struct WALCheck: Equatable, Sendable {
    /// The first place that holds no readable record: the end.
    package var end: WALLocation
    /// Where the last readable record begins, where that is known.
    package var lastRecord: WALLocation?
    /// When the last transaction in it was committed; nil when there is none.
    package var lastCommit: Timestamp?
    /// What is not as it should be, in order.
    package var problems: [Problem]
    /// How many segments were received whole and have no checksum.
    package var withoutChecksum: Int

    /// A damaged file.
    package struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The file's path.
        package var path: String
        /// What is wrong with it, and when it was written.
        package var phrase: String

        /// Both.
        package var description: String { "\(path): \(phrase)" }
    }
}

/// Reads the WAL of a plan: every checksum, every record.
struct WALChecker: Sendable {
    var reader: WALReader

    init(programs: PostgresPrograms, segmentBytes: UInt64, queue: BlockingQueue) {
        reader = WALReader(programs: programs, segmentBytes: segmentBytes, queue: queue)
    }

    /// Checks the files that `plan` replays.
    func check(_ plan: RestorePlan) async throws -> WALCheck {
        var check = WALCheck(
            end: plan.baseRange.upperBound, lastRecord: nil, lastCommit: nil, problems: [], withoutChecksum: 0)
        try await compareChecksums(plan.files, into: &check)
        for (index, stretch) in plan.stretches.enumerated() {
            let parts = part(plan.files, of: stretch)
            guard let first = parts.first else { continue }
            let start = max(stretch.start, first.segment.start(segmentBytes: reader.segmentBytes))
            let isLast = index == plan.stretches.count - 1
            let bound = isLast ? nil : stretch.end
            guard let end = try await reader.read(parts, on: stretch.timeline, from: start, to: bound) else {
                check.end = bound ?? check.end
                continue
            }
            check.end = max(check.end, end.location)
            check.lastRecord = end.lastRecord
            let isWholeStretch = stretch.end.map { end.location >= $0 } ?? false
            if !isWholeStretch, let problem = try await problem(end, parts, isLast: isLast) {
                check.problems.append(problem)
                break
            }
        }
        check.lastCommit = try await lastCommit(plan)
        return check
    }

    /// The files that hold a part of this stretch.
    private func part(_ files: [WALArchive.File], of stretch: WALStretch) -> [WALArchive.File] {
        let size = reader.segmentBytes
        let first = stretch.start.segment(of: size)
        // The child's first file begins with the end of its parent's log.
        return files.filter { file in
            file.segment.number >= first && (stretch.end.map { file.segment.start(segmentBytes: size) < $0 } ?? true)
        }
    }

    private func lastCommit(_ plan: RestorePlan) async throws -> Timestamp? {
        for stretch in plan.stretches.reversed() {
            let parts = part(plan.files, of: stretch)
            let time = try await reader.lastCommit(
                in: parts, on: stretch.timeline, from: stretch.start, to: stretch.end)
            if let time { return time }
        }
        return nil
    }

    private func compareChecksums(_ files: [WALArchive.File], into check: inout WALCheck) async throws {
        let whole = files.filter { !$0.isPartial }
        check.withoutChecksum = whole.count { $0.checksum == nil }
        let summed = whole.filter { $0.checksum != nil }
        for (folder, files) in Dictionary(grouping: summed, by: { Self.folder(of: $0.path) }) {
            let names = files.map { String($0.path.dropFirst(folder.count + 1)) }
            let sums = try await WALChecksums.compute(names, in: folder)
            for (file, name) in zip(files, names) where sums[name] != file.checksum {
                check.problems.append(
                    WALCheck.Problem(
                        path: file.path,
                        phrase: "its content is not what was received (SHA-256 differs); \(Self.written(file))"))
            }
        }
        check.problems.sort { $0.path < $1.path }
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func written(_ file: WALArchive.File) -> String {
        "written until \(RestoreText.time(file.modifiedAt))"
    }

    /// What is wrong when the log ends at `end`; nil when it is only its end.
    private func problem(
        _ end: WALEnd, _ files: [WALArchive.File], isLast: Bool
    ) async throws -> WALCheck.Problem? {
        let size = reader.segmentBytes
        guard let last = files.last, end.location < last.segment.end(segmentBytes: size) || !isLast else { return nil }
        let number = min(end.location.segment(of: size), last.segment.number)
        guard let file = files.first(where: { $0.segment.number == number }) else { return nil }
        if isLast, file.segment == last.segment, file.isPartial {
            let offset = Int(end.location.bytes % size)
            let isDamaged = try await reader.queue.run { () throws(ManagedServerError) in
                WALTail.isDamaged(try Self.content(of: file.path, bytes: Int(size)), at: offset)
            }
            guard isDamaged else { return nil }
        }
        return WALCheck.Problem(
            path: file.path,
            phrase: "its log can't be read on from \(end.location): \(end.reason); \(Self.written(file))")
    }

    /// Blocks.
    private static func content(of path: String, bytes: Int) throws(ManagedServerError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ManagedServerError(.fileFailure, "can't read \(path)")
        }
        return Array(data.prefix(bytes))
    }
}
