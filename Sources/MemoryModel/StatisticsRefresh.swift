/// What a refresh of the kept statistics did.
public struct StatisticsRefresh: Hashable, Sendable {
    /// How much was read for it.
    public enum Extent: Hashable, Sendable {
        /// Nothing: the last refresh was recent enough.
        case none

        /// What changed since the last refresh.
        case changes

        /// Every memory, and why.
        case everything(reason: String)
    }

    /// How much was read for it.
    public var extent: Extent

    /// How many additions and removals of memories it took in; a replaced memory is one of each.
    public var changes: Int64

    /// How many agents' statistics it wrote or removed.
    public var agents: Int64

    /// As of when the statistics are now.
    public var refreshedAt: Timestamp

    /// Makes a report of its parts.
    public init(extent: Extent, changes: Int64 = 0, agents: Int64 = 0, refreshedAt: Timestamp) {
        self.extent = extent
        self.changes = changes
        self.agents = agents
        self.refreshedAt = refreshedAt
    }
}
