import Foundation
import MemoryModel
import Testing

@testable import Backups

/// Which base and which WAL are chosen, from manifests and the names of files.
@Suite("WAL: the plan of a restore")
struct PlanTests {
    private static let epoch = Date(timeIntervalSince1970: 1_800_000_000)

    /// A base backup of segments `first`…`last`, made at minute `first`.
    private func base(_ id: String, timeline: Int = 1, first: UInt64, last: UInt64? = nil) -> BackupManifest {
        let start = Self.epoch + Double(first) * 60
        var manifest = BackupManifest(
            id: id, kind: .base, startedAt: start, reason: "request", productVersion: "1", serverVersion: "15")
        manifest.finishedAt = start + 5
        manifest.systemIdentifier = "7"
        manifest.timeline = timeline
        manifest.startLSN = "\(WALLocation(bytes: first * WALSegment.usualBytes + 40))"
        manifest.endLSN = "\(WALLocation(bytes: (last ?? first) * WALSegment.usualBytes + 256))"
        return manifest
    }

    /// Files of a timeline; segment n is written until minute n + 1. The last one is partial.
    private func files(
        _ numbers: [UInt64], timeline: UInt32 = 1, partial: UInt64? = nil, folder: String = "/w"
    ) -> [WALArchive.File] {
        numbers.map { number in
            WALArchive.File(
                segment: WALSegment(timeline: timeline, number: number), path: "\(folder)/\(timeline)-\(number)",
                isPartial: number == partial, bytes: 16 << 20, modifiedAt: Self.epoch + Double(number + 1) * 60)
        }
    }

    private func fork(_ timeline: UInt32, from parent: UInt32, at segment: UInt64, offset: UInt64 = 4096)
        -> WALArchive.History
    {
        let end = WALLocation(bytes: segment * WALSegment.usualBytes + offset)
        return WALArchive.History(
            history: WALTimelineHistory(timeline: timeline, ancestors: [.init(timeline: parent, end: end)]), path: "/h")
    }

    private func minute(_ number: Double) -> Timestamp {
        Timestamp(date: Self.epoch + number * 60) ?? .earliest
    }

    private func numbers(_ plan: RestorePlan) -> [String] {
        plan.files.map { "\($0.segment.timeline)/\($0.segment.number)" }
    }

    private func plans(
        _ bases: [BackupManifest], _ files: [WALArchive.File], _ histories: [WALArchive.History] = [],
        target: RestoreTarget = .end, timeline: UInt32? = nil, isForced: Bool = false
    ) throws -> [RestorePlan] {
        let archive = WALArchive(systemIdentifier: "7", files: files, histories: histories)
        return try RestorePlanner(
            bases: bases, archive: archive, target: target, timeline: timeline, isForced: isForced
        ).plans()
    }

    @Test("the newest base that is before the target, and all WAL from its first segment on")
    func newest() throws {
        let all = files([1, 2, 3, 4, 5, 6], partial: 6)
        let bases = [base("old", first: 2), base("new", first: 4)]
        let toEnd = try plans(bases, all)
        #expect(toEnd.map(\.base.id) == ["new", "old"])
        #expect(numbers(toEnd[0]) == ["1/4", "1/5", "1/6"] && toEnd[0].gap == nil)
        let toTime = try plans(bases, all, target: .time(minute(3.5)))
        #expect(toTime.map(\.base.id) == ["old"])
        let place = WALLocation(bytes: 4 * WALSegment.usualBytes + 300)
        #expect(try plans(bases, all, target: .location(place)).map(\.base.id) == ["new", "old"])
        #expect(throws: RestoreError.self) { try plans(bases, all, target: .time(minute(1))) }
    }

    @Test("a segment that is missing in the middle is named beforehand, with the time up to which one can restore")
    func missing() throws {
        let all = files([2, 3, 5, 6])
        let error = #expect(throws: RestoreError.self) { try plans([base("b", first: 2)], all) }
        #expect(error?.kind == .missingWAL)
        #expect(error?.message.contains("000000010000000000000004") == true)
        let upTo = "--to-time \(RestoreText.time(Self.epoch + 240))"
        #expect(error?.message.contains(upTo) == true, "\(error?.message ?? "")")

        let before = try plans([base("b", first: 2)], all, target: .time(minute(3.9)))
        #expect(numbers(before[0]) == ["1/2", "1/3"])
        #expect(throws: RestoreError.self) { try plans([base("b", first: 2)], all, target: .time(minute(4.5))) }
        let forced = try plans([base("b", first: 2)], all, isForced: true)
        #expect(numbers(forced[0]) == ["1/2", "1/3"] && forced[0].gap?.count == 1)
        // A base behind the gap needs nothing of it.
        #expect(try plans([base("b", first: 2), base("c", first: 5)], all).map(\.base.id) == ["c"])
    }

    @Test("a segment received in part, with more behind it, is a gap; one received whole elsewhere is not")
    func partial() throws {
        let cut = files([2]) + files([3], partial: 3) + files([4, 5])
        #expect(throws: RestoreError.self) { try plans([base("b", first: 2)], cut) }
        let whole = cut + files([3], folder: "/other")
        let plan = try plans([base("b", first: 2)], whole)[0]
        #expect(numbers(plan) == ["1/2", "1/3", "1/4", "1/5"] && plan.files.allSatisfy { !$0.isPartial })
        let error = #expect(throws: RestoreError.self) {
            try plans([base("b", first: 2)], cut, target: .location(WALLocation(bytes: 5 * WALSegment.usualBytes)))
        }
        #expect(error?.message.contains("000000010000000000000003") == true)
    }

    @Test("without any WAL a base backup is restored as such, with that of its own")
    func alone() throws {
        let plan = try plans([base("b", first: 2, last: 3)], [])[0]
        #expect(plan.files.isEmpty && plan.gap == nil && plan.end == plan.baseRange.upperBound)
        // What the base has itself may be missing, and what follows is used.
        let more = try plans([base("b", first: 2, last: 3)], files([3, 4]))[0]
        #expect(numbers(more) == ["1/3", "1/4"] && more.gap == nil)
        let behind = #expect(throws: RestoreError.self) { try plans([base("b", first: 2, last: 3)], files([5])) }
        #expect(behind?.kind == .missingWAL)
    }

    @Test("the latest timeline that descends from the base is followed, or the one that is named")
    func timelines() throws {
        let all = files([2, 3, 4, 5, 6]) + files([4, 5], timeline: 2, partial: 5)
        let histories = [fork(2, from: 1, at: 4)]
        let latest = try plans([base("b", first: 2)], all, histories)[0]
        #expect(latest.timeline == 2 && numbers(latest) == ["1/2", "1/3", "2/4", "2/5"])
        let old = try plans([base("b", first: 2)], all, histories, timeline: 1)[0]
        #expect(numbers(old) == ["1/2", "1/3", "1/4", "1/5", "1/6"])
        let begun = files([2, 3, 4]) + files([4], timeline: 2, partial: 4)
        #expect(numbers(try plans([base("b", first: 2)], begun, histories)[0]) == ["1/2", "1/3", "2/4"])
        // Every history goes along, so that a new timeline gets a number of its own.
        #expect(old.histories.count == 1)
        // A base made after the fork does not lead to it.
        #expect(try plans([base("c", first: 5)], all, histories)[0].timeline == 1)
        #expect(throws: RestoreError.self) { try plans([base("c", first: 5)], all, histories, timeline: 2) }
    }

    @Test("a timeline of which nothing is archived ends where it begins")
    func fork() throws {
        let plan = try plans([base("b", first: 2)], files([2, 3, 4, 5]), [fork(2, from: 1, at: 4)])[0]
        #expect(plan.isCutAtFork && plan.timeline == 1 && numbers(plan) == ["1/2", "1/3", "1/4"])
        #expect(plan.end == WALLocation(bytes: 4 * WALSegment.usualBytes + 4096))
        let check = WALCheck(
            end: WALLocation(bytes: 6 * WALSegment.usualBytes), lastRecord: nil, lastCommit: nil, problems: [],
            withoutChecksum: 0)
        #expect(try RestoreTargetRule(plan: plan, check: check).settle() == .fork(plan.end))
    }

    @Test("a target behind the end of the archive is refused, one after the last transaction is the end")
    func rule() throws {
        var plan = try plans([base("b", first: 2)], files([2, 3], partial: 3), target: .time(minute(3.9)))[0]
        var check = WALCheck(
            end: WALLocation(bytes: 3 * WALSegment.usualBytes + 999), lastRecord: nil, lastCommit: minute(3.95),
            problems: [], withoutChecksum: 0)
        #expect(try RestoreTargetRule(plan: plan, check: check).settle() == .time(minute(3.9)))
        check.lastCommit = minute(3.2)
        #expect(try RestoreTargetRule(plan: plan, check: check).settle() == .end)
        plan.target = .time(minute(60))
        let error = #expect(throws: RestoreError.self) { try RestoreTargetRule(plan: plan, check: check).settle() }
        #expect(error?.kind == .targetNotReached && error?.message.contains("\(minute(3.2))") == true)
    }
}
