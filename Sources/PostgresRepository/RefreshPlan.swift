import MemoryModel
import PostgresDriver

/// What a refresh of statistics has to do, decided when no other one runs.
enum RefreshPlan: Equatable {
    /// Nothing: the last one was recent enough.
    case nothing(since: Timestamp)

    /// Add up what changed since the last one.
    case changes(since: Timestamp)

    /// Read every memory, and why.
    case everything(reason: String)

    /// Drop the changes, which are too many, then read every memory.
    case dropChanges

    /// What is known when a refresh begins.
    struct Situation {
        /// When the last refresh was; nil: never yet.
        var last: Timestamp?

        /// The time of this one.
        var now: Timestamp

        /// Whether what the last refresh left is there to build on.
        var isBased: Bool

        /// How many bytes the changes since take, with those that were deleted and not vacuumed away yet.
        var changesBytes: Int64

        /// Whether changes may be dropped; false when that was tried and they were in use.
        var mayDrop = true
    }

    /// How many bytes of changes a refresh takes in one by one: some 600,000 changes. Beyond, it takes about as long as to
    /// read all memories, and what it deletes would leave a large file behind.
    static let maximumChangesBytes: Int64 = 64 * 1024 * 1024

    /// How much later than this refresh the last one may have begun: this one's transaction, whose time counts, began
    /// before it could look. More than that only a clock that was set back can bring about.
    static let overlap = Duration.seconds(60)

    /// Decides for a caller to whom statistics that are less than `maximumAge` old will do.
    init(_ situation: Situation, maximumAge: Duration) {
        let age = situation.last.map { Duration.microseconds(situation.now.microseconds - $0.microseconds) }
        if let last = situation.last, let age, age >= .zero - Self.overlap, age < .zero || age < maximumAge {
            self = .nothing(since: last)
        } else if situation.mayDrop, situation.changesBytes > Self.maximumChangesBytes {
            self = .dropChanges
        } else if let age, age < .zero {
            self = .everything(reason: "the clock went backwards by \(age / .seconds(-1)) s")
        } else if let last = situation.last {
            self =
                situation.isBased
                ? .changes(since: last) : .everything(reason: "what the last refresh left to build on is gone")
        } else {
            self = .everything(reason: "there was no refresh before")
        }
    }
}
