import Glibc

/// A file that others read whole or not at all: it is written beside, then renamed.
///
/// It is not synced: after a crash of the machine the next one is written within seconds, and an old one would be wrong.
struct Textfile: Sendable {
    /// Where it is.
    let path: String

    /// Readable by everyone, node_exporter's user among them.
    private static let mode: mode_t = 0o644

    /// In the same folder, so that a rename suffices; node_exporter reads names that end in `.prom` only.
    private var temporary: String { path + ".tmp" }

    /// Replaces the file. Blocks.
    func write(_ text: String) throws(TextfileError) {
        // Of a daemon that was killed in the middle of this.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, Self.mode)
        guard descriptor >= 0 else { throw TextfileError("make", temporary, errno: errno) }
        var failure = Self.writeAll(Array(text.utf8), to: descriptor)
        // Whatever the umask says.
        if failure == nil, fchmod(descriptor, Self.mode) != 0 { failure = errno }
        close(descriptor)
        if let failure {
            unlink(temporary)
            throw TextfileError("write", temporary, errno: failure)
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw TextfileError("write", path, errno: code)
        }
    }

    /// Removes the file if it is there. Blocks.
    func remove() throws(TextfileError) {
        unlink(temporary)
        guard unlink(path) == 0 || errno == ENOENT else { throw TextfileError("remove", path, errno: errno) }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
