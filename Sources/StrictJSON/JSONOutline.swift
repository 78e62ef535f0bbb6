/// What the validation learned of the containers near the top of a text, so that nobody has to read through them again to
/// find their ends, how deep they nest and whether they are compact.
struct JSONOutline: Sendable {
    /// One array or object.
    struct Container: Sendable {
        /// The position of its opening bracket.
        var start: Int

        /// The position after its closing bracket.
        var end: Int

        /// How many levels it nests: 1 when nothing in it is a container.
        var nestingDepth: Int

        /// Whether compaction would leave it as it is; false also where that takes a closer look.
        var isCompact: Bool
    }

    /// The deepest level that is kept, the outermost container being level 1: a record's context in a batch of records.
    static let deepestLevel = 5

    /// The most containers that are kept: those of a batch of a thousand records, their contexts and their tags.
    static let maximumCount = 4_096

    /// In the order of their beginnings.
    private(set) var containers: [Container] = []

    /// Begins a container at `start`; returns its place, or nil when it is not kept.
    mutating func open(at start: Int, level: Int) -> Int? {
        guard level <= Self.deepestLevel, containers.count < Self.maximumCount else { return nil }
        if containers.isEmpty { containers.reserveCapacity(8) }
        containers.append(Container(start: start, end: start, nestingDepth: 1, isCompact: false))
        return containers.count - 1
    }

    /// Ends the container at `place`.
    mutating func close(_ place: Int, end: Int, nestingDepth: Int, isCompact: Bool) {
        containers[place].end = end
        containers[place].nestingDepth = nestingDepth
        containers[place].isCompact = isCompact
    }

    /// The container that begins at `start`, if it is kept.
    func container(at start: Int) -> Container? {
        var (low, high) = (0, containers.count)
        while low < high {
            let middle = (low + high) / 2
            if containers[middle].start < start { low = middle + 1 } else { high = middle }
        }
        guard low < containers.count, containers[low].start == start else { return nil }
        return containers[low]
    }
}
