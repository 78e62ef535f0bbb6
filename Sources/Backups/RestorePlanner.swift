import Foundation
import MemoryModel

/// Finds out which base backup to begin with and which WAL to replay. Pure: from manifests and an archive's content.
package struct RestorePlanner: Sendable {
    /// The good base backups of the cluster.
    package var bases: [BackupManifest]
    /// The cluster's WAL.
    package var archive: WALArchive
    /// Up to where to replay.
    package var target: RestoreTarget
    /// The timeline to follow; nil: the latest that descends from the base.
    package var timeline: UInt32?
    /// Whether to go only up to a gap in the WAL when the target lies behind it.
    package var isForced = false

    /// Makes a planner of its parts.
    package init(
        bases: [BackupManifest], archive: WALArchive, target: RestoreTarget, timeline: UInt32? = nil,
        isForced: Bool = false
    ) {
        self.bases = bases
        self.archive = archive
        self.target = target
        self.timeline = timeline
        self.isForced = isForced
    }

    /// A plan for each base backup that leads to the target, newest base first.
    ///
    /// - Throws: why there is none, as told of the newest base backup that might have done.
    package func plans() throws(RestoreError) -> [RestorePlan] {
        guard !bases.isEmpty else {
            throw RestoreError(.noBackup, "there is no good base backup of cluster \(archive.systemIdentifier)")
        }
        var plans: [RestorePlan] = []
        var failure: RestoreError?
        for base in bases.sorted(by: { $0.startedAt > $1.startedAt }) {
            do throws(RestoreError) {
                guard let plan = try plan(from: base) else { continue }
                plans.append(plan)
            } catch {
                failure = failure ?? error
            }
        }
        if !plans.isEmpty { return plans }
        if let failure { throw failure }
        let first = bases.map(\.finishedAt).min() ?? .distantPast
        throw RestoreError(
            .targetNotReached,
            "no base backup leads \(target.phrase)\(timeline.map { " on timeline \($0)" } ?? ""): the earliest that can "
                + "be restored is the end of the first one, \(RestoreText.time(first))")
    }

    /// The plan that begins with this base; nil when it is too new for the target, or of another timeline.
    private func plan(from base: BackupManifest) throws(RestoreError) -> RestorePlan? {
        guard let start = base.startLSN.flatMap({ WALLocation($0) }),
            let end = base.endLSN.flatMap({ WALLocation($0) }),
            let number = base.timeline, let baseTimeline = UInt32(exactly: number), start <= end
        else {
            throw RestoreError(.damaged, "the manifest of \(base.id) does not say where it begins and ends in the WAL")
        }
        guard reachesFrom(base, end: end) else { return nil }
        guard let (last, stretches) = follow(baseTimeline, start: start, end: end) else { return nil }
        var plan = RestorePlan(
            base: base, baseRange: start...end, timeline: last, stretches: stretches, files: [],
            histories: archive.histories.values.sorted { $0.history.timeline < $1.history.timeline }, target: target,
            end: end, gap: nil)
        collect(into: &plan)
        try check(plan)
        return plan
    }

    /// Whether the target is not before the base's end, from which on the copy is consistent.
    private func reachesFrom(_ base: BackupManifest, end: WALLocation) -> Bool {
        switch target {
        case .end, .fork: true
        // The manifest tells it to the second.
        case .time(let time): base.finishedAt + 1 <= time.date
        case .location(let location): end <= location
        case .beforeTransaction(_, let location): end <= location
        }
    }

    /// The timeline to follow and its stretches, from the base on.
    private func follow(
        _ base: UInt32, start: WALLocation, end: WALLocation
    ) -> (timeline: UInt32, stretches: [WALStretch])? {
        let wanted = timeline.map { [$0] } ?? ([base] + archive.timelines.filter { $0 > base }).reversed()
        for timeline in wanted {
            guard let stretches = archive.history(of: timeline).stretches(from: base, start: start) else { continue }
            // A branch that was left before the base's end does not lead on from it.
            if let first = stretches.first?.end, first < end { continue }
            return (timeline, stretches)
        }
        return nil
    }

    /// Takes the segments from the base's first on, for as long as each is there.
    private func collect(into plan: inout RestorePlan) {
        let size = archive.segmentBytes
        let baseLast = plan.baseRange.upperBound.segment(of: size)
        var number = plan.baseRange.lowerBound.segment(of: size)
        while true {
            let timeline = Self.timeline(of: number, in: plan.stretches, segmentBytes: size)
            if let file = archive.files[WALSegment(timeline: timeline, number: number)] {
                plan.files.append(file)
                plan.end = max(plan.baseRange.upperBound, file.segment.end(segmentBytes: size))
                // What follows on a segment that was not received whole does not follow on without a gap.
                if file.isPartial { break }
            } else if number >= baseLast {
                break
            }
            // Else the base has its own; of its last segment, though, only what it needs.
            number += 1
        }
        finish(&plan, missing: number)
    }

    /// The timeline whose file the server reads a segment from: the newest that had begun in it or before.
    private static func timeline(of number: UInt64, in stretches: [WALStretch], segmentBytes: UInt64) -> UInt32 {
        stretches.last { $0.start.segment(of: segmentBytes) <= number }?.timeline ?? stretches[0].timeline
    }

    /// Says what is missing from `number` on, if anything is behind it; and where the next timeline was begun but nothing of
    /// it is archived, ends with the one before.
    private func finish(_ plan: inout RestorePlan, missing number: UInt64) {
        let size = archive.segmentBytes
        let timeline = Self.timeline(of: number, in: plan.stretches, segmentBytes: size)
        let later = plan.stretches.filter { $0.timeline >= timeline }.flatMap { stretch in
            archive.numbers(on: stretch.timeline).filter { $0 > number }.map {
                WALSegment(timeline: stretch.timeline, number: $0)
            }
        }
        if let next = later.filter({
            Self.timeline(of: $0.number, in: plan.stretches, segmentBytes: size) == $0.timeline
        })
        .min() {
            let last = WALSegment(
                timeline: Self.timeline(of: next.number - 1, in: plan.stretches, segmentBytes: size),
                number: next.number - 1)
            plan.gap = WALGap(
                first: archive.name(of: WALSegment(timeline: timeline, number: number)), last: archive.name(of: last),
                count: next.number - number, after: plan.files.last?.modifiedAt,
                before: archive.files[next]?.modifiedAt)
        }
        cutAtFork(&plan, missing: WALSegment(timeline: timeline, number: number))
    }

    /// When what is missing is the very beginning of a timeline, the log of its parent goes up to there, and no further.
    private func cutAtFork(_ plan: inout RestorePlan, missing: WALSegment) {
        guard let index = plan.stretches.firstIndex(where: { $0.timeline == missing.timeline }), index > 0,
            plan.stretches[index].start.segment(of: archive.segmentBytes) == missing.number,
            // Not when it is there in part.
            archive.files[missing] == nil
        else { return }
        let parent = plan.stretches[index - 1]
        let fork = plan.stretches[index].start
        plan.stretches.removeSubrange(index...)
        plan.timeline = parent.timeline
        plan.end = fork
        // The parent's file holds the log from the segment's beginning to the fork.
        if let file = archive.files[WALSegment(timeline: parent.timeline, number: missing.number)] {
            plan.files.append(file)
        } else if fork.bytes % archive.segmentBytes != 0 {
            plan.end = WALLocation(bytes: missing.number * archive.segmentBytes)
        }
    }

    /// Throws when the target lies behind a gap.
    private func check(_ plan: RestorePlan) throws(RestoreError) {
        let isReached: Bool =
            switch target {
            case .end, .fork: plan.gap == nil
            case .time(let time): plan.gap == nil || plan.gap?.after.map { time.date <= $0 } ?? false
            case .location(let location), .beforeTransaction(_, let location):
                location < plan.end || plan.gap == nil && location <= plan.end
            }
        guard !isReached, !isForced else { return }
        if let gap = plan.gap {
            let upTo = gap.after.map { "--to-time \(RestoreText.time($0))" }
            throw RestoreError(
                .missingWAL,
                "\(gap.phrase), so from base backup \(plan.base.id) one can't restore \(target.phrase). "
                    + (upTo.map { "One can restore up to the gap: \($0)" }
                        ?? "Without WAL behind its end, one can restore the base backup as such: --to-lsn "
                        + "\(plan.baseRange.upperBound)"))
        }
        throw RestoreError(
            .targetNotReached, "one can't restore \(target.phrase): the archived WAL ends at \(plan.end) at the latest")
    }
}

extension Timestamp {
    /// The same instant, to less than a microsecond.
    package var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1e6) }

    /// The instant, rounded down to the microsecond.
    package init?(date: Date) {
        let microseconds = (date.timeIntervalSince1970 * 1e6).rounded(.down)
        guard abs(microseconds) < 9e18 else { return nil }
        self.init(microseconds: Int64(microseconds))
    }
}
