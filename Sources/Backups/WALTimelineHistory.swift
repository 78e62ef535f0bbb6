/// Where a timeline comes from: a `.history` file (PostgreSQL manual, 26.3.6 "Timelines").
package struct WALTimelineHistory: Equatable, Sendable {
    /// The timeline that this is the history of.
    package var timeline: UInt32

    /// Its ancestors from the first to its parent, each with the location at which the next one branched off.
    package var ancestors: [Ancestor]

    /// A timeline that another one branched off.
    package struct Ancestor: Equatable, Sendable {
        /// The timeline.
        package var timeline: UInt32
        /// Where the next one begins.
        package var end: WALLocation

        /// Makes an ancestor of its parts.
        package init(timeline: UInt32, end: WALLocation) {
            self.timeline = timeline
            self.end = end
        }
    }

    /// The history of a timeline without ancestors.
    package init(timeline: UInt32, ancestors: [Ancestor] = []) {
        self.timeline = timeline
        self.ancestors = ancestors
    }

    /// Reads a file's text; nil when it is not of the form, ancestors ascending.
    package init?(timeline: UInt32, text: String) {
        var ancestors: [Ancestor] = []
        for line in text.split(whereSeparator: { $0.isNewline }) {
            let fields = line.split(whereSeparator: { $0.isWhitespace })
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            guard fields.count >= 2, let number = UInt32(first), let end = WALLocation(fields[1]),
                number > (ancestors.last?.timeline ?? 0), end >= (ancestors.last?.end ?? end)
            else { return nil }
            ancestors.append(Ancestor(timeline: number, end: end))
        }
        guard ancestors.last.map({ $0.timeline < timeline }) ?? false else { return nil }
        self.init(timeline: timeline, ancestors: ancestors)
    }

    /// The timeline that a `.history` file's name tells of; nil for another name.
    package static func timeline(fileName: some StringProtocol) -> UInt32? {
        let suffix = ".history"
        guard fileName.utf8.count == 8 + suffix.utf8.count, fileName.hasSuffix(suffix) else { return nil }
        return UInt32(fileName.prefix(8), radix: 16)
    }

    /// The stretches of log to go through from `start` on timeline `base` to the end of this timeline; nil when `base` is
    /// no ancestor, or was left before `start`.
    package func stretches(from base: UInt32, start: WALLocation) -> [WALStretch]? {
        if base == timeline { return [WALStretch(timeline: base, start: start, end: nil)] }
        guard let first = ancestors.firstIndex(where: { $0.timeline == base }), start <= ancestors[first].end else {
            return nil
        }
        var stretches: [WALStretch] = []
        var start = start
        for ancestor in ancestors[first...] {
            stretches.append(WALStretch(timeline: ancestor.timeline, start: start, end: ancestor.end))
            start = ancestor.end
        }
        return stretches + [WALStretch(timeline: timeline, start: start, end: nil)]
    }
}

/// A part of the log on one timeline.
package struct WALStretch: Equatable, Sendable {
    /// The timeline.
    package var timeline: UInt32
    /// Where it begins.
    package var start: WALLocation
    /// Where the next timeline begins; nil: as far as there is log.
    package var end: WALLocation?

    /// Makes a stretch of its parts.
    package init(timeline: UInt32, start: WALLocation, end: WALLocation?) {
        self.timeline = timeline
        self.start = start
        self.end = end
    }
}
