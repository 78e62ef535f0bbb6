import Glibc
import ProcessSupervision

/// How much memory this process and its children may use.
enum MemorySize {
    /// The machine's memory in bytes, or the smallest control group's limit above this process. Blocks.
    static func availableBytes() -> Int {
        let physical = max(sysconf(Int32(_SC_PHYS_PAGES)), 1) * max(sysconf(Int32(_SC_PAGESIZE)), 1)
        return min(physical, controlGroupLimit() ?? physical)
    }

    /// PostgreSQL's usual advice is a quarter of the memory; past half a gigabyte this daemon's small rows gain
    /// nothing.
    static func sharedBuffersBytes(available: Int) -> Int {
        min(max(available / 4, 16 << 20), 512 << 20)
    }

    /// `memory.max` of cgroup v2, of our group and those above it.
    private static func controlGroupLimit() -> Int? {
        guard let text = (try? ServerFiles.text(of: "/proc/self/cgroup")) ?? nil,
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        var group = String(line.dropFirst(3))
        var limit: Int?
        while !group.isEmpty {
            let file = "/sys/fs/cgroup\(group == "/" ? "" : group)/memory.max"
            let value = ((try? ServerFiles.text(of: file)) ?? nil).flatMap { Int($0.filter { $0 != "\n" }) }
            limit = [limit, value].compactMap { $0 }.min()
            group = String(group[..<(group.lastIndex(of: "/") ?? group.startIndex)])
        }
        return limit
    }
}
