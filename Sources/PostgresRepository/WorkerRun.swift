public import MemoryModel

/// One run of a worker, as the database remembers it.
public struct WorkerRun: Hashable, Sendable {
    /// The number of its claim; a later run of the same worker has a greater one.
    public var token: Int64

    /// The daemon that ran it.
    public var holder: String

    /// When it began.
    public var startedAt: Timestamp

    /// When it ended or was taken over; nil: it is under way.
    public var finishedAt: Timestamp?

    /// Whether it did what it should; nil: it is under way.
    public var isSuccess: Bool?

    /// What it did, or why it failed; nil: it is under way.
    public var detail: String?
}
