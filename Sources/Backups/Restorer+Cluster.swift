import Foundation
import ManagedPostgres
import ProcessSupervision

extension Restorer {
    /// Copies the base backup and the WAL beside the place to restore to, lets PostgreSQL replay, counts, and puts the
    /// cluster in its place.
    func restoreCluster(_ plan: RestorePlan, _ check: WALCheck) async throws -> RestoreReport {
        let replacement = try await ClusterReplacement.open(
            configuration.managed, clusterVersion: try await majorVersion(of: plan.base), logger: logger)
        defer { replacement.close() }
        do {
            try await copy(plan, into: replacement)
            return try await replay(plan, check, in: replacement)
        } catch {
            await replacement.discard()
            throw error
        }
    }

    // MARK: Copying

    /// The folders of a cluster that may be empty, and without which the server does not start.
    private static let emptyFolders = [
        "pg_commit_ts", "pg_dynshmem", "pg_logical", "pg_logical/mappings", "pg_logical/snapshots", "pg_notify",
        "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp", "pg_subtrans", "pg_tblspc", "pg_twophase",
        "pg_wal", "pg_wal/archive_status",
    ]

    private func copy(_ plan: RestorePlan, into replacement: ClusterReplacement) async throws {
        let source = cluster(of: plan.base)
        let (staging, directory) = (replacement.staging, configuration.managed.directory)
        let size = try await queue.run { () throws(ManagedServerError) in try RestoreCopy.size(of: source) }
        let all = size + plan.files.reduce(0) { $0 + $1.bytes }
        let free = try await queue.run { () throws(ManagedServerError) in try RestoreCopy.freeBytes(in: directory) }
        // The WAL that the recovery itself writes, and some room to live.
        let needed = all + (256 << 20)
        guard free >= needed else {
            throw RestoreError(
                .noSpace,
                "\(directory) has \(RestoreText.bytes(free)) free, and the restore needs \(RestoreText.bytes(needed)). "
                    + "Choose a folder elsewhere with --target, or set space free.")
        }
        try await replacement.make()
        let copying = RestoreCopy(owner: replacement.identity)
        let watch = Task {
            while !Task.isCancelled {
                onProgress(.copying(bytes: copying.bytes, of: all))
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { watch.cancel() }
        try await queue.run { () throws(ManagedServerError) in
            try copying.folder(source, into: staging)
            for name in Self.emptyFolders { try copying.makeFolder(staging + "/" + name) }
            for history in plan.histories {
                let name = WALSegment.hexadecimal(history.history.timeline) + ".history"
                try copying.file(history.path, to: staging + "/pg_wal/" + name)
            }
            try ServerFiles.replace(
                staging + "/recovery.signal", with: "", mode: 0o600, owner: replacement.identity)
        }
        try await copyWAL(plan, by: copying, into: staging)
        onProgress(.copying(bytes: all, of: all))
    }

    private func copyWAL(_ plan: RestorePlan, by copying: RestoreCopy, into staging: String) async throws {
        // What is there whole has the size of all segments.
        let size = plan.files.first { !$0.isPartial }.map { UInt64($0.bytes) } ?? WALSegment.usualBytes
        try await queue.run { () throws(ManagedServerError) in
            for file in plan.files {
                let name = file.segment.fileName(segmentBytes: size)
                try copying.file(file.path, to: staging + "/pg_wal/" + name)
            }
        }
    }

    // MARK: Replaying

    private func replay(
        _ plan: RestorePlan, _ check: WALCheck, in replacement: ClusterReplacement
    ) async throws -> RestoreReport {
        let isOurs = try await replacement.adopt()
        let server = replacement.server(
            settings: ClusterReplacement.recoverySettings
                + [("recovery_target_timeline", "\(plan.timeline)")] + plan.target.settings)
        var warnings: [String] = []
        var report: RestoreReport
        do {
            try await start(server, plan, check)
            if let warning = try shortfall(server.log, plan, check) { warnings.append(warning) }
            if !isOurs { warnings += try await replacement.adoptDatabase() }
            onProgress(.counting)
            report = try await count(in: replacement, from: plan.base.id)
        } catch {
            await server.stop()
            throw error
        }
        report.timeline = server.log.newTimeline
        let current = try await replacement.query("SELECT pg_walfile_name(pg_current_wal_lsn())").last ?? ""
        report.asOf =
            server.log.lastTransaction.flatMap { RestoreText.time(postgres: $0) } ?? "the end of the base backup"
        guard await server.stop() else {
            throw RestoreError(.failed, "the server that restores did not shut down cleanly")
        }
        if let warning = await archiveTimeline(report.timeline, plan, replacement.staging, current) {
            warnings.append(warning)
        }
        report.replaced = try await replacement.install()
        report.warnings = warnings
        return report
    }

    private func start(_ server: PrivateServer, _ plan: RestorePlan, _ check: WALCheck) async throws {
        let start = plan.baseRange.lowerBound
        do {
            try await server.start { log in
                guard let place = log.replayed.flatMap({ WALLocation($0) }) else { return }
                onProgress(.replaying(place, from: start, to: check.end))
            }
        } catch {
            guard server.log.hasMissedTarget else { throw error }
            let last = server.log.lastTransaction.map { ", after the transaction committed at \($0)" } ?? ""
            throw RestoreError(
                .targetNotReached,
                "the WAL ended before it came \(plan.target.phrase)\(last). Leave the target out to restore all there is."
            )
        }
    }

    /// What is missing though the server has promoted itself: PostgreSQL takes the first record that it can't read for the
    /// end of the log, and says no more of it.
    private func shortfall(
        _ log: RecoveryLog, _ plan: RestorePlan, _ check: WALCheck
    ) throws(RestoreError) -> String? {
        let reached = log.lastRecord.flatMap { WALLocation($0) }
        let isReached: Bool
        switch plan.target {
        case .end:
            guard let expected = check.lastRecord else { return nil }
            isReached = reached.map { $0 >= expected } ?? false
        case .time, .location, .fork, .beforeTransaction:
            isReached = log.stop != nil
        }
        if isReached { return nil }
        let message =
            "PostgreSQL stopped replaying at \(log.lastRecord ?? "the very beginning"), before it came "
            + "\(plan.target.phrase) (\(check.end)): \(log.end ?? "it does not say why")"
        guard request.isForced else { throw RestoreError(.damaged, message + ". --force accepts that.") }
        return message
    }
}
