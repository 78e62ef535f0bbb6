import MemoryModel

/// How to come by exact statistics of all agents, decided in the snapshot that they are of.
enum ExactPlan: Equatable {
    /// Add what changed since the last refresh to what it kept.
    case changes(since: Timestamp)

    /// Count every memory.
    case everything

    /// What is known when statistics are asked for.
    struct Situation {
        /// When the last refresh was; nil: never yet.
        var last: Timestamp?

        /// The time that the statistics are to be of.
        var now: Timestamp

        /// Whether what the last refresh left is there to build on.
        var isBased: Bool

        /// How many bytes the changes since take, with those that were deleted and not vacuumed away yet.
        var changesBytes: Int64

        /// How many bytes the index takes that counting reads.
        var countedBytes: Int64

        /// How many memories have expired since, counted up to `expiredBound`.
        var expired: Int64
    }

    /// Up to how many bytes of changes are added up however few memories there are: some 500 changes, in 3 ms.
    static let smallChangesBytes: Int64 = 64 * 1024

    /// How much smaller than the index that counting reads the changes must be to be added up. At 100,000 memories to add up
    /// a byte takes 16 to 30 ns and to count one 4 ns, so where this ends both take about as long: some 12,000 changes there.
    static let changesShare: Int64 = 8

    /// How many memories that expired since the last refresh are taken off one by one, each a row to fetch: 5 ms.
    static let maximumExpired: Int64 = 1_000

    /// Up to where they are counted, to know whether there are more.
    static let expiredBound = maximumExpired + 1

    /// Adds up where that is possible and takes no longer than to count. After a clock that was set back, or a refresh that
    /// began later than this and was done sooner, there are memories to count that the last refresh took for expired.
    init(_ situation: Situation) {
        let changesBytes = max(Self.smallChangesBytes, situation.countedBytes / Self.changesShare)
        if let last = situation.last, situation.isBased, last <= situation.now,
            situation.changesBytes <= changesBytes, situation.expired <= Self.maximumExpired
        {
            self = .changes(since: last)
        } else {
            self = .everything
        }
    }
}
