import LogEvents

/// Entries that wait to be written. It has bounds: when whoever takes the log is stuck, entries are lost and counted
/// rather than kept without end.
struct LogQueue {
    /// Entries, and bytes of their text. What is never left out may take as much again.
    var maximumEntries = 1_024, maximumBytes = 1 << 20

    private(set) var entries: [LogEntry] = []
    private(set) var bytes = 0
    private(set) var lost = 0

    /// Whether there is nothing to write.
    var isEmpty: Bool { entries.isEmpty && lost == 0 }

    /// Queues the entry, or counts it as lost.
    mutating func append(_ entry: LogEntry, isVital: Bool) {
        let share = isVital ? 2 : 1
        let size = entry.textBytes
        guard entries.count < maximumEntries * share, bytes + size <= maximumBytes * share else {
            lost += 1
            return
        }
        entries.append(entry)
        bytes += size
    }

    /// Takes everything out, and how many were lost.
    mutating func takeAll() -> (entries: [LogEntry], lost: Int) {
        defer { (entries, bytes, lost) = ([], 0, 0) }
        return (entries, lost)
    }
}
