import Foundation
import ManagedPostgres
import MemoryModel
import ProcessSupervision

/// What the archived WAL of one cluster is good for, for a list of backups and for their check.
package struct WALReport: Equatable, Sendable {
    /// The base backup that it goes on from: the newest that is followed by WAL.
    package var base: String
    /// Its cluster.
    package var systemIdentifier: String
    /// The timeline that the log ends on.
    package var timeline: UInt32
    /// From where one can restore: the end of the base backup.
    package var from: WALLocation
    /// Up to where: the end of what is archived without a gap; read to the last record when checked, else to the end of the
    /// last segment.
    package var to: WALLocation
    /// The times of these two, about.
    package var fromTime: Date
    package var toTime: Date
    /// When the last transaction was committed; nil when that was not read, or there is none.
    package var lastCommit: Timestamp?
    /// How many segments there are in between.
    package var segments: Int
    /// Bytes of them.
    package var bytes: Int64
    /// Each missing or damaged segment, with when it was written.
    package var problems: [String]
}

/// Tells, for each cluster in the archive, from when to when one can restore.
package struct WALReporter: Sendable {
    let folders: BackupFolders
    let programsDirectory: String?
    let queue = BlockingQueue(label: "brain-memoryd.wal-report")

    /// - Parameter programsDirectory: the folder with PostgreSQL's programs; nil: found by themselves.
    package init(folders: BackupFolders, programsDirectory: String? = nil) {
        self.folders = folders
        self.programsDirectory = programsDirectory
    }

    /// Reports on each base backup's WAL.
    ///
    /// - Parameters:
    ///   - bases: the good base backups.
    ///   - isRead: whether every checksum and every record is read (800 MB/s were measured), rather than names only.
    /// - Throws: when the archive can't be read.
    package func report(on bases: [BackupManifest], isRead: Bool) async throws -> [WALReport] {
        var reports: [WALReport] = []
        for base in bases.sorted(by: { $0.startedAt > $1.startedAt }) {
            guard let system = base.systemIdentifier else { continue }
            let folders = folders
            let archive = try await queue.run { () throws(ManagedServerError) in
                try WALArchive.read(folders, systemIdentifier: system)
            }
            let planner = RestorePlanner(bases: [base], archive: archive, target: .end, isForced: true)
            guard let plan = try? planner.plans().first else { continue }
            reports.append(try await report(on: plan, archive, system, isRead: isRead))
        }
        return reports
    }

    private func report(
        on plan: RestorePlan, _ archive: WALArchive, _ system: String, isRead: Bool
    ) async throws -> WALReport {
        var report = WALReport(
            base: plan.base.id, systemIdentifier: system, timeline: plan.timeline, from: plan.baseRange.upperBound,
            to: plan.end, fromTime: plan.base.finishedAt,
            toTime: plan.files.last?.modifiedAt ?? plan.base.finishedAt, lastCommit: nil, segments: plan.files.count,
            bytes: plan.files.reduce(0) { $0 + $1.bytes }, problems: plan.gap.map { [$0.phrase] } ?? [])
        guard isRead else { return report }
        let version = Int(plan.base.serverVersion.prefix { $0.isASCII && $0.isNumber })
        let programs = try await PostgresPrograms.find(
            configured: programsDirectory, clusterVersion: version, cluster: plan.base.id, identity: .own, queue: queue)
        let check = try await WALChecker(programs: programs, segmentBytes: archive.segmentBytes, queue: queue)
            .check(plan)
        report.to = check.end
        report.lastCommit = check.lastCommit
        report.problems += check.problems.map(\.description)
        return report
    }
}
