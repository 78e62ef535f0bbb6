import Foundation

/// What a restore from a base backup and WAL will do: worked out, and told, before anything is touched.
package struct RestorePlan: Equatable, Sendable {
    /// The base backup that it begins with.
    package var base: BackupManifest
    /// Where the base begins and ends in the log.
    package var baseRange: ClosedRange<WALLocation>
    /// The timeline whose log it follows to the end.
    package var timeline: UInt32
    /// The stretches of log to replay, with the timelines that they are on.
    package var stretches: [WALStretch]
    /// The segments to replay, in order, from the one that holds the base's beginning: those that are archived. The base
    /// brings the log of its own range along.
    package var files: [WALArchive.File]
    /// Every history file of the cluster: with all of them in sight, the server gives its new timeline a new number.
    package var histories: [WALArchive.History]
    /// Up to where to replay.
    package var target: RestoreTarget
    /// The end of what is archived without a gap. The last segment may end before.
    package var end: WALLocation
    /// What is missing after that, when there is more behind it.
    package var gap: WALGap?

    /// Whether the log goes on on the timeline that the stretches end with, or had been left by then.
    package var isCutAtFork: Bool { stretches.last?.end != nil }
}

/// Segments that an archive lacks, between others that it has.
package struct WALGap: Equatable, Sendable {
    /// The names of the first and the last of them.
    package var first: String
    /// The last one's name.
    package var last: String
    /// How many.
    package var count: UInt64
    /// When the log up to the gap was written, about: the time to which one can restore.
    package var after: Date?
    /// When the log behind the gap was written, about.
    package var before: Date?

    /// "segment X is missing", or "N segments from X to Y are missing".
    package var phrase: String {
        let what =
            count == 1
            ? "WAL segment \(first) is missing" : "\(count) WAL segments from \(first) to \(last) are missing"
        let times = [after.map { "after \(RestoreText.time($0))" }, before.map { "before \(RestoreText.time($0))" }]
        let when = times.compactMap { $0 }.joined(separator: " and ")
        return when.isEmpty ? what : "\(what) (written \(when))"
    }
}
