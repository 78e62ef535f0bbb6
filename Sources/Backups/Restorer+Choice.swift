import Foundation
import ManagedPostgres
import MemoryModel
import ProcessSupervision

extension Restorer {
    /// The newest base backup that fits and is whole, else the newest dump, or the one that was asked for.
    func choose() async throws -> (prepared: Prepared, warnings: [String]) {
        let folders = configuration.folders
        let catalog = try await queue.run { () throws(ManagedServerError) in try RestoreCatalog.read(folders) }
        let isNamedDump = request.backup.map { id in catalog.dumps.contains { $0.id == id } } ?? false
        if request.isFromDump || isNamedDump || request.backup == nil && catalog.bases.isEmpty {
            return try await chooseDump(catalog.dumps)
        }
        let bases = catalog.bases.filter { request.backup == nil || $0.id == request.backup }
        guard let system = bases.first?.systemIdentifier else {
            throw RestoreError(
                .noBackup, "there is no backup \(request.backup ?? "") in \(folders.root)")
        }
        let archive = try await queue.run { () throws(ManagedServerError) in
            try WALArchive.read(folders, systemIdentifier: system)
        }
        let planner = RestorePlanner(
            bases: bases.filter { $0.systemIdentifier == system }, archive: archive,
            target: try await target(in: archive, bases), timeline: request.timeline, isForced: request.isForced)
        return try await firstWhole(of: try planner.plans(), archive)
    }

    /// The first plan whose backup and WAL are as they were when they were backed up.
    private func firstWhole(
        of plans: [RestorePlan], _ archive: WALArchive
    ) async throws -> (prepared: Prepared, warnings: [String]) {
        var warnings: [String] = []
        var failure: RestoreError?
        for plan in plans {
            do {
                let (plan, check) = try await checked(plan, archive)
                warnings += check.problems.map { "damaged, and restored only up to there: \($0)" }
                if let gap = plan.gap { warnings.append(gap.phrase) }
                return (.cluster(plan, check), warnings)
            } catch let error as RestoreError where error.kind == .damaged {
                // An older one may do: it is tried, and told.
                warnings.append(error.message)
                failure = failure ?? error
            }
        }
        throw failure ?? RestoreError(.noBackup, "there is no base backup")
    }

    private func checked(_ plan: RestorePlan, _ archive: WALArchive) async throws -> (RestorePlan, WALCheck) {
        let programs = try await programs(try await majorVersion(of: plan.base))
        onProgress(.checking("base backup \(plan.base.id)"))
        try await checkBase(plan.base, programs)
        onProgress(.checking("\(plan.files.count) WAL segments"))
        let checker = WALChecker(programs: programs, segmentBytes: archive.segmentBytes, queue: queue)
        let check = try await checker.check(plan)
        if let problem = check.problems.first, !request.isForced {
            let upTo = check.lastCommit.map { "; one can restore up to before it with --to-time \($0), or by --force" }
            throw RestoreError(.damaged, "\(problem)\(upTo ?? "")")
        }
        var settled = plan
        settled.target = try RestoreTargetRule(plan: plan, check: check).settle()
        return (settled, check)
    }

    /// Compares a base backup's files with their checksums, and with PostgreSQL's own manifest.
    private func checkBase(_ base: BackupManifest, _ programs: PostgresPrograms) async throws {
        let folder = configuration.folders.backup(.base, base.id)
        try await checkSums(in: folder, of: base.id)
        // The sums have just been compared; what is left is that every file is there, and the WAL readable.
        let command = ChildCommand(
            executable: programs.verifyBackup,
            arguments: ["--exit-on-error", "--skip-checksums", "--", cluster(of: base)], identity: .own)
        let run = try await ProgramRun.run(command, bound: Self.checkBound)
        guard run.exit == .exited(0) else {
            throw RestoreError(.damaged, "base backup \(base.id) is not whole: pg_verifybackup \(run.failure)")
        }
    }

    /// How long the check of a backup may take.
    private static var checkBound: Duration { .seconds(4 * 3_600) }

    /// Compares the files of a backup with its `SHA256SUMS`.
    private func checkSums(in folder: String, of id: String) async throws {
        let command = ChildCommand(
            executable: "/usr/bin/sha256sum",
            arguments: ["--check", "--strict", "--quiet", "--", BackupFolders.checksumsName], workingDirectory: folder,
            identity: .own)
        let run = try await ProgramRun.run(command, bound: Self.checkBound)
        guard run.exit == .exited(0) else {
            throw RestoreError(.damaged, "backup \(id) is damaged: sha256sum \(run.failure)")
        }
    }

    private func chooseDump(_ dumps: [BackupManifest]) async throws -> (prepared: Prepared, warnings: [String]) {
        guard request.target == .end else {
            throw RestoreError(
                .targetNotReached,
                "a dump holds what there was at one moment: to restore to another one, a base backup and WAL are needed"
            )
        }
        var warnings: [String] = []
        for dump in dumps where request.backup == nil || dump.id == request.backup {
            onProgress(.checking("dump \(dump.id)"))
            do {
                try await checkSums(in: configuration.folders.backup(.dump, dump.id), of: dump.id)
                return (.dump(dump), warnings)
            } catch let error as RestoreError where error.kind == .damaged {
                warnings.append(error.message)
            }
        }
        let why = warnings.isEmpty ? "" : ": \(warnings.joined(separator: "; "))"
        throw RestoreError(
            .noBackup, "there is no good dump \(request.backup ?? "") in \(configuration.folders.all(.dump))\(why)")
    }

    /// The target with the place of its transaction in the log.
    private func target(in archive: WALArchive, _ bases: [BackupManifest]) async throws -> RestoreTarget {
        switch request.target {
        case .end: return .end
        case .time(let time): return .time(time)
        case .location(let location): return .location(location)
        case .beforeTransaction(let id):
            guard let base = bases.first else { throw RestoreError(.noBackup, "there is no base backup") }
            onProgress(.checking("where transaction \(id) is in the WAL"))
            let programs = try await programs(try await majorVersion(of: base))
            let search = WALSearch(
                archive: archive,
                reader: WALReader(programs: programs, segmentBytes: archive.segmentBytes, queue: queue))
            guard let location = try await search.commit(of: id, on: request.timeline) else {
                throw RestoreError(
                    .targetNotReached,
                    "transaction \(id) was not committed within the archived WAL; --list-deletions shows those that were"
                )
            }
            return .beforeTransaction(id, at: location)
        }
    }
}
