import MemoryModel

/// Which workers this daemon should try to claim, and when to look again: what was read from the ledgers in, decisions
/// out.
struct WorkerTimetable {
    /// The longest pause between two looks at the ledgers while another daemon works. It is how late a daemon notices that
    /// the other has died, on top of the lease.
    static let longestPause = Duration.seconds(8)
    /// The same while none does, as far as is known: one may have begun since, and died.
    static let longestIdlePause = Duration.seconds(12)

    private let rhythms: [String: Worker.Rhythm]
    private let isGone: @Sendable (String) -> Bool
    private(set) var entries: [String: WorkerEntry] = [:]
    private var ours: Set<String> = []

    /// `isGone` says of a holder whether its daemon has surely ended.
    init(_ workers: [Worker], isGone: @escaping @Sendable (String) -> Bool = { _ in false }) {
        self.isGone = isGone
        rhythms = Dictionary(uniqueKeysWithValues: workers.map { ($0.name, $0.rhythm) })
    }

    /// Takes what the ledgers say now.
    mutating func read(_ entries: [WorkerEntry]) {
        for entry in entries { self.entries[entry.name] = entry }
    }

    /// This daemon tries to run a worker, or runs it.
    mutating func began(_ name: String) { ours.insert(name) }

    /// It does so no more.
    mutating func ended(_ name: String) { ours.remove(name) }

    /// Whether this daemon runs a worker.
    func isOurs(_ name: String) -> Bool { ours.contains(name) }

    /// The workers to claim now, by name.
    func due(at now: Timestamp) -> [String] {
        rhythms.keys.filter { dueTime($0).map { $0 <= now } ?? false }.sorted()
    }

    /// The holder of a worker, if its daemon has surely ended.
    func goneHolder(of name: String) -> String? {
        entries[name]?.holder.flatMap { isGone($0) ? $0 : nil }
    }

    /// When to look again.
    func nextLook(after now: Timestamp) -> Timestamp {
        let isOtherAtWork = entries.values.contains { $0.holder != nil && !ours.contains($0.name) }
        let latest = now.advanced(by: isOtherAtWork ? Self.longestPause : Self.longestIdlePause)
        let next = rhythms.keys.compactMap { dueTime($0) }.min() ?? latest
        return min(max(next, now), latest)
    }

    /// From when on a worker should be claimed, as far as is known; nil: not at all for now.
    private func dueTime(_ name: String) -> Timestamp? {
        guard !ours.contains(name), let entry = entries[name], let rhythm = rhythms[name] else { return nil }
        if rhythm == .scheduled(.off) { return nil }
        // While another daemon works, its death is what there is to wait for.
        if goneHolder(of: name) != nil { return entry.startedAt }
        return entry.holder == nil ? entry.nextRunAt : entry.leaseUntil?.advanced(byMicroseconds: 1)
    }
}
