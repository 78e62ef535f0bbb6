import ProcessSupervision

extension BackupTools {
    /// Takes the SHA-256 of files by sha256sum(1).
    ///
    /// - Parameter paths: within `folder`, plain as ``ChecksumFile/isPlain(_:)`` has it.
    func checksums(of paths: [String], in folder: String) async throws(BackupError) -> ChecksumFile {
        var entries: [ChecksumFile.Entry] = []
        for batch in Self.batches(paths) {
            let bytes = try await output(
                "take checksums in \(folder)", command("/usr/bin/sha256sum", ["--"] + batch, in: folder),
                bound: configuration.runBound, limit: BackupLimits.checksumsBytes)
            guard let part = ChecksumFile(bytes), part.entries.map(\.path) == batch else {
                throw BackupError(.programFailed, "sha256sum did not answer for each file of \(folder)")
            }
            entries += part.entries
        }
        return ChecksumFile(entries)
    }

    /// Compares the files of `folder` with its `SHA256SUMS`.
    ///
    /// - Returns: what differs, in words.
    func checksumProblems(in folder: String) async throws(BackupError) -> [String] {
        let arguments = ["--check", "--strict", "--quiet", "--", BackupFolders.checksumsName]
        let child = command("/usr/bin/sha256sum", arguments, in: folder)
        let run: ProgramRun
        do {
            run = try await ProgramRun.run(child, bound: configuration.runBound)
        } catch {
            if Task.isCancelled { throw Self.cancelled }
            throw BackupError(.programFailed, "can't check \(folder): sha256sum does not run: \(error)")
        }
        switch run.exit {
        case .exited(0): return []
        case .exited(1) where !run.isTimedOut:
            let named = run.lines.filter { !$0.hasPrefix("sha256sum: WARNING") }
            return (named.isEmpty ? run.lines : named).map { "wrong checksum: \($0)" }
        default:
            if Task.isCancelled { throw Self.cancelled }
            throw BackupError(
                purpose: "check \(folder)", program: "sha256sum", failure: run.failure, isTimedOut: run.isTimedOut)
        }
    }

    /// Cuts a list of sorted paths so that each part fits on a command line.
    static func batches(_ paths: [String]) -> [[String]] {
        var batches: [[String]] = []
        var bytes = BackupLimits.argumentBytes
        for path in paths {
            // 8 more for the pointer.
            bytes += path.utf8.count + 9
            if bytes > BackupLimits.argumentBytes {
                batches.append([])
                bytes = path.utf8.count + 9
            }
            batches[batches.count - 1].append(path)
        }
        return batches
    }
}
