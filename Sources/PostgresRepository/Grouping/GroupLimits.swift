/// The bounds of calls that go to PostgreSQL together.
enum GroupLimits {
    /// How long a group's statement may wait for a row that another transaction holds. Then its calls are made one by
    /// one, so that the others don't wait for that row.
    static let patience = Duration.milliseconds(100)

    /// How many calls that wait are worth one more group. Fewer wait for the one under way: smaller groups would make each
    /// call cost more.
    static let crowd = 8
    /// Stores of one group.
    static let stores = 256
    /// About how many bytes a group of stores may have; one alone may have more.
    static let storeBytes = 1_048_576

    /// How long a group waits at most for those that were answered last to ask again, and how long until it looks, in
    /// microseconds; Linux adds some 50 to that. (A statement has a price of 290 µs, and each row of it 95.)
    static let gatheringTime = Duration.microseconds(150)
    static let gatheringStep: UInt32 = 30
    /// How many are worth waiting for.
    static let gathered = 8

    /// Reads of one group.
    static let reads = 64

    /// How long a group is waited for before the next goes all the same: the disk may be slow, or a row locked.
    static let overdue = Duration.milliseconds(20)
    /// Groups of either kind under way when some are slow.
    static let allFlights = 8
}
