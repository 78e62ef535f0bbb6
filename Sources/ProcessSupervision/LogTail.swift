/// The last lines a child wrote, kept to be told with its exit.
package struct LogTail: Sendable {
    private let capacity: Int
    private var kept: [String] = []

    /// Keeps at most `capacity` lines.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Adds a line, forgetting the oldest when full.
    package mutating func append(_ line: String) {
        if kept.count == capacity {
            kept.removeFirst()
        }
        kept.append(line)
    }

    /// Forgets all lines.
    package mutating func removeAll() {
        kept.removeAll(keepingCapacity: true)
    }

    /// The lines, oldest first.
    package var lines: [String] { kept }
}
