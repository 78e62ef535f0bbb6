import Foundation

/// What lies in the WAL folders of one cluster, as a value to plan with.
package struct WALArchive: Equatable, Sendable {
    /// A file of the archive that holds a segment, whole or begun.
    package struct File: Equatable, Sendable {
        /// The segment.
        package var segment: WALSegment
        /// Its path, absolute.
        package var path: String
        /// Whether the segment had not been received whole.
        package var isPartial: Bool
        /// Bytes of the file; one that is partial is filled up with zeros to the segment's size.
        package var bytes: Int64
        /// When it was written last: shortly after the last transaction in it.
        package var modifiedAt: Date
        /// Its SHA-256 in hexadecimal, as noted when it was complete; nil when none was.
        package var checksum: String?

        /// Makes a file of its parts.
        package init(
            segment: WALSegment, path: String, isPartial: Bool = false, bytes: Int64, modifiedAt: Date,
            checksum: String? = nil
        ) {
            self.segment = segment
            self.path = path
            self.isPartial = isPartial
            self.bytes = bytes
            self.modifiedAt = modifiedAt
            self.checksum = checksum
        }
    }

    /// The cluster's system identifier.
    package var systemIdentifier: String
    /// The size of its segments, in bytes.
    package var segmentBytes: UInt64
    /// Each segment's best file: one received whole rather than one begun, and of those the newest.
    package var files: [WALSegment: File]
    /// Each timeline's history, by its number, with the file it was read from. Timeline 1 has none.
    package var histories: [UInt32: History]

    /// A timeline's history and the file that tells it.
    package struct History: Equatable, Sendable {
        /// What the file says.
        package var history: WALTimelineHistory
        /// Its path.
        package var path: String

        /// Makes an entry of its parts.
        package init(history: WALTimelineHistory, path: String) {
            self.history = history
            self.path = path
        }
    }

    /// Makes an archive of its parts, of several files of one segment keeping the best.
    package init(
        systemIdentifier: String, segmentBytes: UInt64 = WALSegment.usualBytes, files: [File],
        histories: [History] = []
    ) {
        self.systemIdentifier = systemIdentifier
        self.segmentBytes = segmentBytes
        self.files = Dictionary(files.map { ($0.segment, $0) }) { Self.better($0, $1) }
        self.histories = Dictionary(histories.map { ($0.history.timeline, $0) }) { $1 }
    }

    private static func better(_ one: File, _ other: File) -> File {
        if one.isPartial != other.isPartial { return one.isPartial ? other : one }
        return one.modifiedAt < other.modifiedAt ? other : one
    }

    /// A segment's name as PostgreSQL writes it.
    package func name(of segment: WALSegment) -> String { segment.fileName(segmentBytes: segmentBytes) }

    /// The history of a timeline; one that nothing is told of has no ancestors.
    package func history(of timeline: UInt32) -> WALTimelineHistory {
        histories[timeline]?.history ?? WALTimelineHistory(timeline: timeline)
    }

    /// Every timeline that is known of, ascending.
    package var timelines: [UInt32] {
        Set(files.keys.map(\.timeline)).union(histories.keys).sorted()
    }

    /// The segments of a timeline that are there, ascending.
    package func numbers(on timeline: UInt32) -> [UInt64] {
        files.keys.lazy.filter { $0.timeline == timeline }.map(\.number).sorted()
    }
}
