import Foundation
import ManagedPostgres
import MemoryModel
import ProcessSupervision
import Synchronization

/// Reads archived WAL by PostgreSQL's own `pg_waldump`.
struct WALReader: Sendable {
    var programs: PostgresPrograms
    var segmentBytes: UInt64
    var queue: BlockingQueue

    /// How long one run may take: 800 MB/s were measured where nothing is printed.
    private static let bound = Duration.seconds(3_600)

    /// Reads all of `files`, which are of one stretch and without a gap, from `start` to `end` (nil: as far as they go).
    ///
    /// - Returns: where it ended before `end`; nil when it came there.
    func read(
        _ files: [WALArchive.File], on timeline: UInt32, from start: WALLocation, to end: WALLocation?
    ) async throws -> WALEnd? {
        guard let last = files.last else { return nil }
        let run = try await dump(files, on: timeline, ["--quiet"] + Self.range(start, end)) { _ in }
        if run.exit == .exited(0) { return nil }
        let fallback = last.segment.end(segmentBytes: segmentBytes)
        let message = run.tail.last { $0.contains("pg_waldump: error:") } ?? ""
        guard !run.isTimedOut, let found = WALEnd(message: message, fallback: fallback) else {
            throw RestoreError(.failed, "pg_waldump ended with \(run.exit): \(run.tail.joined(separator: "\n"))")
        }
        return found
    }

    /// Passes on each record of these resource managers as `pg_waldump` prints it.
    func records(
        _ files: [WALArchive.File], on timeline: UInt32, managers: [String], from start: WALLocation,
        to end: WALLocation? = nil, onLine: @escaping @Sendable (String) -> Void
    ) async throws {
        guard !files.isEmpty else { return }
        let filter = managers.map { "--rmgr=\($0)" }
        _ = try await dump(files, on: timeline, filter + Self.range(start, end), onLine: onLine)
    }

    /// The time of the last commit in `files`, looked for from their end; nil when there is none.
    func lastCommit(
        in files: [WALArchive.File], on timeline: UInt32, from start: WALLocation, to end: WALLocation?
    ) async throws -> Timestamp? {
        var chunk = 2
        while true {
            let part = Array(files.suffix(chunk))
            guard let first = part.first else { return nil }
            let last = Mutex<Timestamp?>(nil)
            let begin = max(start, first.segment.start(segmentBytes: segmentBytes))
            try await records(part, on: timeline, managers: ["Transaction"], from: begin, to: end) { line in
                guard let commit = WALRecordLine(line)?.commitTime else { return }
                last.withLock { $0 = commit }
            }
            if let time = last.withLock({ $0 }) { return time }
            guard part.count < files.count else { return nil }
            chunk *= 8
        }
    }

    private static func range(_ start: WALLocation, _ end: WALLocation?) -> [String] {
        ["--start=\(start)"] + (end.map { ["--end=\($0)"] } ?? [])
    }

    private func dump(
        _ files: [WALArchive.File], on timeline: UInt32, _ options: [String],
        onLine: @escaping @Sendable (String) -> Void
    ) async throws -> ProgramLines {
        let segmentBytes = segmentBytes
        let view = try await queue.run { () throws(ManagedServerError) in
            try WALView(of: files, timeline: timeline, segmentBytes: segmentBytes)
        }
        let command = ChildCommand(
            executable: programs.waldump, arguments: ["--path=\(view.path)", "--timeline=\(timeline)"] + options,
            identity: .own)
        let result: Result<ProgramLines, any Error>
        do {
            result = .success(try await ProgramLines.run(command, bound: Self.bound, onLine: onLine))
        } catch {
            result = .failure(error)
        }
        await queue.run { view.remove() }
        return try result.get()
    }
}
