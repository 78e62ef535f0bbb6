import Glibc
import ProcessSupervision

/// Whether the disk has room for a backup.
enum FreeSpace {
    /// Bytes that are free for the daemon's user on the disk of a folder. Blocks.
    static func bytes(at folder: String) throws(ManagedServerError) -> Int64 {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { throw ServerFiles.failure("find the free space of", folder) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    /// Bytes that must be free for a backup that is expected to be so large, since the next may be a fifth larger than
    /// the last.
    static func needed(expected: Int64, minimumFree: Int64) -> Int64 {
        let (sum, overflow) = Int64(Double(max(0, min(expected, 1 << 60))) * 1.2).addingReportingOverflow(
            max(0, minimumFree))
        return overflow ? .max : sum
    }

    /// - Throws: when there is less than needed.
    static func check(free: Int64, expected: Int64, minimumFree: Int64, at folder: String) throws(BackupError) {
        let needed = needed(expected: expected, minimumFree: minimumFree)
        guard free < needed else { return }
        throw BackupError(
            .diskFull,
            "\(folder) has \(megabytes(free)) MB free, and a backup needs \(megabytes(needed)) MB: about "
                + "\(megabytes(expected)) MB, a fifth more to be safe, and \(megabytes(minimumFree)) MB that stay free "
                + "(backups.min_free_bytes). Make room, or keep fewer backups.")
    }

    private static func megabytes(_ bytes: Int64) -> Int64 { bytes / 1_000_000 }
}
