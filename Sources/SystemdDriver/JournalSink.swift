import CSystemd
import Glibc
public import LogEvents

/// Writes entries to journald with all their values (sd_journal_sendv(3)).
public struct JournalSink: LogSink {
    private let fallback: any LogSink

    /// What journald does not take goes to `fallback`.
    public init(fallback: any LogSink) {
        self.fallback = fallback
    }

    /// Whether journald listens on this machine.
    public static var isPresent: Bool { access("/run/systemd/journal/socket", W_OK) == 0 }

    /// Whether the file open at `descriptor` is the stream to journald that `variable`, the environment's
    /// `JOURNAL_STREAM`, names as `DEVICE:INODE` (systemd.exec(5)).
    public static func isStream(_ variable: String?, descriptor: Int32 = STDERR_FILENO) -> Bool {
        guard let parts = variable?.split(separator: ":", omittingEmptySubsequences: false), parts.count == 2,
            let device = UInt64(parts[0]), let inode = UInt64(parts[1])
        else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }

    /// Writes one entry. Blocks while journald takes nothing and its socket is full.
    public func write(_ entry: LogEntry) {
        let bytes = JournalFields(entry).assignments.map { Array($0.utf8) }
        let lengths = bytes.map(\.count)
        var flat = Array(bytes.joined())
        let result = flat.withUnsafeMutableBytes { buffer in
            var offset = 0
            let vectors = lengths.map { length in
                defer { offset += length }
                return iovec(iov_base: buffer.baseAddress.map { $0 + offset }, iov_len: length)
            }
            return sd_journal_sendv(vectors, CInt(vectors.count))
        }
        if result < 0 { fallback.write(entry) }
    }
}
