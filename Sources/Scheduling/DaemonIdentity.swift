import Glibc

/// Who a daemon is, in a text by which another one on the same machine can tell that it is gone.
///
/// A claim of a daemon that died lasts until its lease runs out. Where it can be known at once that the daemon is gone,
/// as after a crash and a restart by the service manager, nobody need wait for that.
public struct DaemonIdentity: Hashable, Sendable, CustomStringConvertible {
    /// Names the boot of this machine and the namespace in which the pid counts.
    private let place: String
    private let pid: Int32
    /// When the process began, in the kernel's ticks since the boot: a pid may be used again.
    private let startTime: UInt64
    /// Tells daemons apart where the rest can't be read.
    private let number: UInt32

    /// This process.
    public static let own = DaemonIdentity(
        place: "\(text(of: "/proc/sys/kernel/random/boot_id").prefix(8))/\(namespace())", pid: getpid(),
        startTime: startTime(of: getpid()) ?? 0, number: .random(in: 0 ... .max))

    init(place: String, pid: Int32, startTime: UInt64, number: UInt32) {
        self.place = place
        self.pid = pid
        self.startTime = startTime
        self.number = number
    }

    /// `PLACE:PID:START:NUMBER`.
    public var description: String { "\(place):\(pid):\(startTime):\(String(number, radix: 16))" }

    /// Reads what ``description`` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let pid = Int32(parts[1]), pid > 0, let startTime = UInt64(parts[2]),
            let number = UInt32(parts[3], radix: 16)
        else { return nil }
        self.init(place: parts[0], pid: pid, startTime: startTime, number: number)
    }

    /// Whether the daemon of that text is gone for certain: it ran here since the last boot, and its process is not there
    /// any more. False whenever that can't be told.
    public func isSurelyGone(_ text: String) -> Bool {
        guard let other = DaemonIdentity(text), other.place == place, !place.hasSuffix("/"), other.pid != pid else {
            return false
        }
        if kill(other.pid, 0) != 0 { return errno == ESRCH }
        // The pid is in use, perhaps by another process.
        guard let begun = Self.startTime(of: other.pid), other.startTime > 0 else { return false }
        return begun != other.startTime
    }

    private static func namespace() -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/self/ns/pid", &buffer, buffer.count - 1)
        guard length > 0 else { return "" }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self).filter(\.isNumber)
    }

    /// The 22nd field of /proc/PID/stat (proc(5)), counted from behind the name, which may hold anything.
    private static func startTime(of pid: Int32) -> UInt64? {
        let stat = text(of: "/proc/\(pid)/stat")
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    /// The first bytes of a file of /proc, which never blocks; empty when it can't be read.
    private static func text(of path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1_024)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
