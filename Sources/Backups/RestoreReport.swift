/// What came back.
package struct RestoreReport: Equatable, Sendable {
    /// The backup that it came from.
    package var backup: String
    /// How many memories there are, expired ones included.
    package var memories: Int64
    /// How many agents have memories.
    package var agents: Int64
    /// How many tags they have, each counted once.
    package var tags: Int64
    /// As of when it is: the commit of the last transaction that was replayed, or the beginning of the dump.
    package var asOf: String
    /// The timeline that begins now; nil after a restore from a dump.
    package var timeline: UInt32?
    /// How long it took, checks included.
    package var duration: Duration
    /// Where the cluster that was replaced is now.
    package var replaced: String?
    /// What whoever restores has to know besides.
    package var warnings: [String] = []

    /// The final line.
    package var summary: String {
        "restored \(RestoreText.count(memories)) memories of \(RestoreText.count(agents)) agents with "
            + "\(RestoreText.count(tags)) tags, as of \(asOf), from \(backup) in \(RestoreText.duration(duration))"
    }
}
