import Foundation
import Glibc
import LogEvents
import Logging
import MonotonicClock
import ProcessSupervision

/// One backup being made: does what ``BackupMachine`` says. Only under the lock.
struct BackupRun: Sendable {
    let tools: BackupTools
    let catalog: BackupCatalog
    let leftovers: Leftovers
    let work: any BackupWork
    let id: BackupID
    let reason: String
    let onStep: @Sendable (BackupProgress) -> Void

    private var incomplete: String { tools.folders.root + "/" + BackupFolders.incompletePrefix + id.text }
    private var final: String { tools.folders.backup(work.kind, id.text) }

    /// Makes the backup.
    ///
    /// - Returns: its manifest.
    /// - Throws: why there is none. Nothing of it is left then, and every earlier backup is as it was.
    func run() async throws(BackupError) -> BackupManifest {
        var machine = BackupMachine()
        var manifest = BackupManifest(
            id: id.text, kind: work.kind, startedAt: id.startedAt, reason: reason,
            productVersion: tools.configuration.productVersion, serverVersion: "")
        var action = machine.handle(.begin)
        while let next = action {
            switch next {
            case .perform(let step):
                do throws(BackupError) {
                    try await perform(step, &manifest)
                    action = machine.handle(.succeeded(step))
                } catch {
                    action = machine.handle(.failed(step, error))
                }
            case .discard(let isPublished): action = machine.handle(.discarded(await discard(isPublished)))
            case .finish(let warning):
                if let warning {
                    tools.logger.log(
                        .backupRemovalFailed, .warning, "backups beyond those to keep remain: \(warning)",
                        metadata: ["error": "\(warning)"])
                }
                return manifest
            case .fail(let error): throw error
            }
        }
        throw BackupError(.programFailed, "the backup came to no end")
    }

    private func perform(_ step: BackupStep, _ manifest: inout BackupManifest) async throws(BackupError) {
        guard !Task.isCancelled || step == .prune else { throw BackupTools.cancelled }
        let begin = MonotonicInstant.now
        let (incomplete, final, folders) = (incomplete, final, tools.folders)
        switch step {
        case .clearLeftovers: try await leftovers.clear()
        case .checkSpace: try await checkSpace()
        case .makeFolder:
            try await tools.blocking { () throws(ManagedServerError) in
                guard try ServerFiles.makeDirectory(incomplete, mode: 0o700) else {
                    throw ManagedServerError(.fileFailure, "\(incomplete) is there already")
                }
            }
        case .copy: try await work.copy(into: incomplete)
        case .decode: try await work.decode(in: incomplete)
        case .compare: try await work.compare()
        case .describe: try await describe(&manifest)
        case .synchronize:
            try await tools.blocking { () throws(ManagedServerError) in
                try FolderTree(incomplete).synchronize(incomplete)
            }
        case .publish:
            try await tools.blocking { () throws(ManagedServerError) in
                try ServerFiles.rename(incomplete, to: final)
                try ServerFiles.synchronize(folders.root)
            }
        case .prune: try await Pruning(tools: tools, catalog: catalog).prune(work.kind, except: id)
        }
        onStep(BackupProgress(id: id.text, kind: work.kind, step: step, duration: .now - begin))
    }

    private func checkSpace() async throws(BackupError) {
        let expected: Int64
        if let last = try await catalog.newestBytes(work.kind) {
            expected = last
        } else {
            expected = try await work.expectedBytes()
        }
        let root = tools.folders.root
        let free = try await tools.blocking { () throws(ManagedServerError) in try FreeSpace.bytes(at: root) }
        try FreeSpace.check(
            free: free, expected: expected, minimumFree: tools.configuration.minimumFreeBytes, at: root)
    }

    /// Writes the manifest, then the checksums of all files, the manifest's among them.
    private func describe(_ manifest: inout BackupManifest) async throws(BackupError) {
        let incomplete = incomplete
        try await work.describe(&manifest, folder: incomplete)
        let now = Date().timeIntervalSince1970.rounded(.down)
        manifest.finishedAt = max(Date(timeIntervalSince1970: now), manifest.startedAt)
        let described = manifest
        let (bytes, paths) = try await tools.blocking { () throws(ManagedServerError) -> (Int64, [String]) in
            let tree = try FolderTree(incomplete)
            var manifest = described
            manifest.bytes = tree.bytes
            try RegularFile.write(manifest.encoded(), to: incomplete + "/" + BackupFolders.manifestName)
            let paths = (tree.files.map(\.path) + [BackupFolders.manifestName]).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            let odd = tree.oddities + paths.filter { !ChecksumFile.isPlain($0) }.map { "\($0) has an odd name" }
            guard odd.isEmpty else {
                throw ManagedServerError(
                    .fileFailure, "can't describe \(incomplete): \(odd.prefix(5).joined(separator: ", "))")
            }
            return (tree.bytes, paths)
        }
        manifest.bytes = bytes
        let checksums = try await tools.checksums(of: paths, in: incomplete)
        try await tools.blocking { () throws(ManagedServerError) in
            try RegularFile.write(checksums.bytes, to: incomplete + "/" + BackupFolders.checksumsName)
        }
    }

    /// Removes what was written; a final name is taken back first. Done also when the task is cancelled.
    private func discard(_ isPublished: Bool) async -> BackupError? {
        let (incomplete, final) = (incomplete, final)
        do throws(BackupError) {
            if isPublished {
                try await tools.blocking { () throws(ManagedServerError) in
                    if try ServerFiles.kind(of: final) != nil { try ServerFiles.rename(final, to: incomplete) }
                }
            }
            try await tools.remove(incomplete)
            return nil
        } catch {
            return error
        }
    }
}

/// A step of a backup that is done, for logs.
public struct BackupProgress: Sendable, Equatable {
    /// The backup being made.
    public var id: String
    /// Its kind.
    public var kind: BackupKind
    /// The step.
    public var step: BackupStep
    /// How long it took.
    public var duration: Duration
}
