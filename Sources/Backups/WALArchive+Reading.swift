import Foundation
import Glibc
import ProcessSupervision

extension WALArchive {
    /// Reads what lies in the WAL folders of a cluster. Blocks. Files that are none of an archive are left out.
    ///
    /// - Throws: when a folder can't be read. No folder at all is an empty archive.
    package static func read(
        _ folders: BackupFolders, systemIdentifier: String
    ) throws(ManagedServerError) -> WALArchive {
        var found: [(name: String, folder: String, sums: [String: String], status: FileStatus)] = []
        for folder in try walFolders(folders) where folder.systemIdentifier == systemIdentifier {
            let path = folders.wal + "/" + folder.name
            let sums = try WALChecksums.read(in: path)
            for name in try ServerFiles.names(in: path) {
                guard let status = try FileStatus(of: path + "/" + name), status.isRegular else { continue }
                found.append((name, path, sums, status))
            }
        }
        // All segments of a cluster are of one size, the power of two that whole ones have.
        let sizes = found.filter { WALSegment(fileName: $0.name, segmentBytes: WALSegment.usualBytes) != nil }
        let size = sizes.map { UInt64($0.status.bytes) }.first { $0.nonzeroBitCount == 1 && $0 >= 1 << 20 }
        let segmentBytes = size ?? WALSegment.usualBytes
        var files: [File] = []
        var histories: [History] = []
        for item in found {
            let path = item.folder + "/" + item.name
            if let timeline = WALTimelineHistory.timeline(fileName: item.name) {
                let text = try ServerFiles.text(of: path) ?? ""
                guard let history = WALTimelineHistory(timeline: timeline, text: text) else { continue }
                histories.append(History(history: history, path: path))
                continue
            }
            let isPartial = item.name.hasSuffix(WALSegment.partialSuffix)
            let stem = isPartial ? String(item.name.dropLast(WALSegment.partialSuffix.count)) : item.name
            guard let segment = WALSegment(fileName: stem, segmentBytes: segmentBytes) else { continue }
            files.append(
                File(
                    segment: segment, path: path, isPartial: isPartial, bytes: item.status.bytes,
                    modifiedAt: item.status.modifiedAt, checksum: isPartial ? nil : item.sums[item.name]))
        }
        return WALArchive(
            systemIdentifier: systemIdentifier, segmentBytes: segmentBytes, files: files, histories: histories)
    }

    /// The folders of streams, oldest first within a cluster and timeline. Blocks.
    package static func walFolders(_ folders: BackupFolders) throws(ManagedServerError) -> [WALFolder] {
        guard try ServerFiles.kind(of: folders.wal)?.isDirectory == true else { return [] }
        return try ServerFiles.names(in: folders.wal).compactMap { WALFolder(name: $0) }.sorted()
    }
}

/// What `lstat` says of a file.
struct FileStatus: Sendable {
    /// Whether it is an ordinary file.
    var isRegular: Bool
    /// Its size in bytes.
    var bytes: Int64
    /// When it was written last.
    var modifiedAt: Date

    /// Looks at a path; nil when nothing is there. Blocks.
    init?(of path: String) throws(ManagedServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw ServerFiles.failure("look at", path)
        }
        isRegular = status.st_mode & S_IFMT == S_IFREG
        bytes = Int64(status.st_size)
        modifiedAt = Date(
            timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
    }
}
