import MemoryModel
import Testing

@testable import Scheduling

@Suite struct WorkerTimetableTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000) ?? .earliest

    private static func after(_ seconds: Int64) -> Timestamp { now.advanced(byMicroseconds: seconds * 1_000_000) }

    private static func timetable(_ rhythm: Worker.Rhythm, _ entry: WorkerEntry) -> WorkerTimetable {
        var timetable = WorkerTimetable([Worker(name: "w", rhythm: rhythm) { _ in "" }])
        timetable.read([entry])
        return timetable
    }

    /// A rhythm, an entry, whether it is to be claimed, and in how many seconds to look again.
    static let cases: [(Worker.Rhythm, WorkerEntry, Bool, Int64)] = [
        (.scheduled(.every(seconds: 60)), WorkerEntry(name: "w", schedule: "", nextRunAt: after(2)), false, 2),
        (.scheduled(.every(seconds: 60)), WorkerEntry(name: "w", schedule: "", nextRunAt: after(600)), false, 12),
        (.scheduled(.every(seconds: 60)), WorkerEntry(name: "w", schedule: "", nextRunAt: after(0)), true, 0),
        (.scheduled(.every(seconds: 60)), WorkerEntry(name: "w", schedule: "", nextRunAt: after(-9)), true, 0),
        (.scheduled(.every(seconds: 60)), WorkerEntry(name: "w", schedule: "", nextRunAt: nil), false, 12),
        // Switched off, though the ledger knows an earlier plan.
        (.scheduled(.off), WorkerEntry(name: "w", schedule: "", nextRunAt: after(-9)), false, 12),
        // Another daemon works: due again only when its lease has run out.
        (
            .scheduled(.every(seconds: 60)),
            WorkerEntry(name: "w", schedule: "", nextRunAt: after(-9), holder: "o", leaseUntil: after(3)), false, 4
        ),
        (
            .scheduled(.every(seconds: 60)),
            WorkerEntry(name: "w", schedule: "", nextRunAt: after(600), holder: "o", leaseUntil: after(-1)), true, 0
        ),
        (.continuous, WorkerEntry(name: "w", schedule: "", nextRunAt: after(0)), true, 0),
        (.continuous, WorkerEntry(name: "w", schedule: "", holder: "o", leaseUntil: after(-1)), true, 0),
        (.continuous, WorkerEntry(name: "w", schedule: "", holder: "o", leaseUntil: after(9)), false, 8),
        (.continuous, WorkerEntry(name: "w", schedule: "", nextRunAt: after(4)), false, 4),
    ]

    @Test("what is due, and when to look again", arguments: cases)
    func decisions(rhythm: Worker.Rhythm, entry: WorkerEntry, isDue: Bool, pause: Int64) {
        let timetable = Self.timetable(rhythm, entry)
        #expect(timetable.due(at: Self.now) == (isDue ? ["w"] : []))
        let next = timetable.nextLook(after: Self.now).microseconds - Self.now.microseconds
        #expect((next + 999_999) / 1_000_000 == pause)
    }

    @Test("what this daemon works at is not begun again")
    func ours() {
        var timetable = Self.timetable(.continuous, WorkerEntry(name: "w", schedule: "", nextRunAt: Self.now))
        timetable.began("w")
        #expect(timetable.due(at: Self.now).isEmpty)
        timetable.ended("w")
        #expect(timetable.due(at: Self.now) == ["w"])
    }

    @Test("the work of a daemon that has surely ended is due at once")
    func gone() {
        let entry = WorkerEntry(
            name: "w", schedule: "", nextRunAt: Self.after(600), holder: "dead", leaseUntil: Self.after(9),
            startedAt: Self.after(-1))
        var timetable = WorkerTimetable([Worker(name: "w", rhythm: .continuous) { _ in "" }], isGone: { $0 == "dead" })
        timetable.read([entry])
        #expect(timetable.due(at: Self.now) == ["w"] && timetable.goneHolder(of: "w") == "dead")
    }

    @Test("a worker of which the ledger knows nothing waits")
    func unknown() {
        let timetable = WorkerTimetable([Worker(name: "w", rhythm: .continuous) { _ in "" }])
        #expect(timetable.due(at: Self.now).isEmpty)
    }
}
