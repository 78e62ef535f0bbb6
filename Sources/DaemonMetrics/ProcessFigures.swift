import Glibc

/// What the kernel tells of this process (proc(5)).
struct ProcessFigures: Equatable, Sendable {
    /// Processor time used, in seconds.
    var cpuSeconds: Double?

    /// Bytes in memory, with what other processes share.
    var residentBytes: Int64?

    /// Bytes in memory that only this process has.
    var privateBytes: Int64?

    /// Descriptors open, and how many may be.
    var openDescriptors: Int?
    var descriptorLimit: Int?

    /// Threads.
    var threads: Int?

    /// When it began, in seconds since 1970.
    var startTime: Double?

    /// Ticks of the kernel's clock in a second, and bytes in a page.
    struct Units: Sendable {
        var ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        var pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Reads the text of `/proc/self/stat` and `/proc/self/smaps_rollup`; what is not there as it should be is nil.
    /// `bootTime` is when the machine began, in seconds since 1970.
    init(stat: String, rollup: String, bootTime: Double?, units: Units = Units()) {
        // The second field, the program's name, may hold anything: the others follow its last parenthesis.
        let fields = stat.lastIndex(of: ")").map { stat[stat.index(after: $0)...].split(separator: " ") } ?? []
        func number(_ position: Int) -> Double? {
            // As proc(5) counts them, from 1; these begin with the third.
            fields.indices.contains(position - 3) ? Double(fields[position - 3]) : nil
        }
        if let user = number(14), let system = number(15) { cpuSeconds = (user + system) / units.ticksPerSecond }
        threads = number(20).map { Int($0) }
        residentBytes = number(24).map { Int64($0) * units.pageBytes }
        if let began = number(22), let bootTime { startTime = bootTime + began / units.ticksPerSecond }
        let kilobytes = rollup.split(separator: "\n").filter { $0.hasPrefix("Private_") && !$0.contains("Hugetlb") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int64($0) } }
        if !kilobytes.isEmpty { privateBytes = kilobytes.reduce(0, +) * 1_024 }
    }

    /// This process now. Takes a millisecond, and blocks on nothing but the kernel.
    static func own() -> ProcessFigures {
        var figures = ProcessFigures(
            stat: text(of: "/proc/self/stat"), rollup: text(of: "/proc/self/smaps_rollup"), bootTime: nil)
        figures.startTime = ownStartTime
        figures.openDescriptors = openDescriptors
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.descriptorLimit = Int(clamping: limit.rlim_cur)
        }
        return figures
    }

    /// Computed once: two clocks are never read in the same instant, and it tells one run of the daemon from the next.
    private static let ownStartTime = ProcessFigures(
        stat: text(of: "/proc/self/stat"), rollup: "", bootTime: bootTime
    ).startTime

    /// By the clocks: `/proc/stat` may be hidden from a service.
    private static var bootTime: Double? {
        var (now, sinceBoot) = (timespec(), timespec())
        guard clock_gettime(CLOCK_REALTIME, &now) == 0, clock_gettime(CLOCK_BOOTTIME, &sinceBoot) == 0 else {
            return nil
        }
        func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
        return seconds(now) - seconds(sinceBoot)
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        var length = 0
        while length < bytes.count {
            let count = bytes[length...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    /// Without the one that the count itself takes.
    private static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return max(count, 0)
    }
}
