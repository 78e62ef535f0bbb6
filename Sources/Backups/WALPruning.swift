import Glibc
import ProcessSupervision

/// Which of the archived WAL no kept base backup needs any longer. Pure.
package struct WALPruning: Equatable, Sendable {
    /// Folders that go as a whole.
    package var folders: [WALFolder] = []
    /// Names of files that go, by folder.
    package var files: [WALFolder: [String]] = [:]

    /// Decides from what lies in each folder.
    ///
    /// What goes is older than the beginning of the oldest kept base of its cluster; log is only ever read forwards from a
    /// base. The newest folder of a cluster stays, and so does the newest segment of each folder that stays: a stream goes on
    /// from there. Without a base of a cluster nothing of it goes.
    package init(
        content: [WALFolder: [String]], keepingFor bases: [BackupManifest], segmentBytes: UInt64 = WALSegment.usualBytes
    ) {
        for (system, folders) in Dictionary(grouping: content.keys, by: \.systemIdentifier) {
            let starts = bases.filter { $0.systemIdentifier == system }.map { $0.startLSN.flatMap { WALLocation($0) } }
            // A base that does not say where it begins may need everything.
            guard let oldest = starts.compactMap({ $0 }).min(), starts.allSatisfy({ $0 != nil }) else { continue }
            let first = oldest.segment(of: segmentBytes)
            let newest = folders.max { ($0.stamp, $0.timeline) < ($1.stamp, $1.timeline) }
            for folder in folders {
                let segments = (content[folder] ?? []).compactMap { name in
                    WALSegment(fileName: name.prefix(24), segmentBytes: segmentBytes).map { (name: name, segment: $0) }
                }
                let last = segments.map(\.segment).max()
                // A folder without a segment is one just begun.
                if folder != newest, let last, last.number < first {
                    self.folders.append(folder)
                    continue
                }
                let old = segments.filter { $0.segment.number < first && $0.segment != last }.map(\.name).sorted()
                if !old.isEmpty { files[folder] = old }
            }
        }
        self.folders.sort()
    }

    /// Bytes that ``apply(in:)`` has set free, and how many segments that were.
    package struct Outcome: Equatable, Sendable {
        /// How many files went.
        package var files = 0
        /// Bytes of them.
        package var bytes: Int64 = 0
    }

    /// Removes it. Oldest first, so that a crash in between leaves a beginning that is missing, not a gap; what is left goes
    /// the next time. Histories of timelines stay, in the folder of another stream if need be. Blocks.
    package func apply(in root: BackupFolders) throws(ManagedServerError) -> Outcome {
        var outcome = Outcome()
        for (folder, names) in files {
            for name in names { try Self.remove(root.wal + "/" + folder.name + "/" + name, into: &outcome) }
        }
        for folder in folders {
            let path = root.wal + "/" + folder.name
            for name in try ServerFiles.names(in: path).sorted()
            where WALTimelineHistory.timeline(fileName: name) == nil {
                try Self.remove(path + "/" + name, into: &outcome)
            }
            // A folder that holds a history stays for it: it is what keeps a timeline's number from being given again.
            if rmdir(path) != 0, errno != ENOTEMPTY, errno != EEXIST { throw ServerFiles.failure("remove", path) }
        }
        return outcome
    }

    private static func remove(_ path: String, into outcome: inout Outcome) throws(ManagedServerError) {
        let bytes = try FileStatus(of: path)?.bytes ?? 0
        try ServerFiles.remove(path)
        outcome.files += 1
        outcome.bytes += bytes
    }
}

extension WALPruning {
    /// Finds out what is not needed and removes it. Call it after the list of kept bases is settled. Blocks.
    package static func prune(
        _ root: BackupFolders, keepingFor bases: [BackupManifest]
    ) throws(ManagedServerError) -> Outcome {
        var content: [WALFolder: [String]] = [:]
        for folder in try WALArchive.walFolders(root) {
            content[folder] = try ServerFiles.names(in: root.wal + "/" + folder.name)
        }
        let size = try content.keys.first.map { folder throws(ManagedServerError) in
            try WALArchive.read(root, systemIdentifier: folder.systemIdentifier).segmentBytes
        }
        return try WALPruning(content: content, keepingFor: bases, segmentBytes: size ?? WALSegment.usualBytes)
            .apply(in: root)
    }
}
