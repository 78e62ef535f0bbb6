import Foundation
import MonotonicClock
import Scheduling
import MemoryModel
import MemoryService
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// Schedulers that share a ledger, as daemons share a database.
@Suite struct WorkerSchedulerTests {
    private static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) ?? .earliest
    }

    private static func scheduler(
        _ workers: [Worker], _ ledger: any WorkerLedger = ProcessLedger(now: now), holder: String = "a",
        observer: any Observer = WorkerObserver()
    ) -> WorkerScheduler {
        WorkerScheduler(
            workers: workers, ledger: ledger, holder: holder, observer: observer,
            environment: .init(now: now, random: { 0 }))
    }

    private static let everySecond = Worker.Rhythm.scheduled(.every(seconds: 1))

    @Test("two daemons share the ticks, and no run overlaps another")
    func sharedTicks() async throws {
        let ledger = ProcessLedger(now: Self.now)
        let log = RunLog()
        let worker = Worker(name: "w", rhythm: Self.everySecond) { _ in
            log.begin()
            defer { log.end() }
            try await Task.sleep(for: .milliseconds(20))
            return "done"
        }
        let daemons = ["a", "b"].map { Self.scheduler([worker], ledger, holder: $0) }
        let tasks = daemons.map { daemon in Task { await daemon.run() } }
        #expect(try await eventually(within: .seconds(30)) { log.ends >= 4 })
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let entry = try #require(ledger.entries(deadline: .now).first)
        #expect(log.mostAtOnce == 1)
        #expect(Int(entry.successes) == log.ends && entry.failures == 0)
        // Each tick lies a second after the one before: a run more than that would have been one too many.
        let span = log.beginnings.last?.timeIntervalSince(log.beginnings[0]) ?? 0
        #expect(Double(log.beginnings.count - 1) <= span / 0.99)
    }

    @Test("a failed run is reported, and is no reason to end")
    func failures() async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "it broke" } }
        let runs = Mutex(0)
        let observer = WorkerObserver()
        let worker = Worker(name: "w", rhythm: Self.everySecond) { _ in
            runs.withLock { $0 += 1 }
            throw Broken()
        }
        let scheduler = Self.scheduler([worker], observer: observer)
        let task = Task { await scheduler.run() }
        #expect(try await eventually(within: .seconds(30)) { runs.withLock { $0 } >= 2 })
        #expect(
            try await eventually(within: .seconds(30)) {
                scheduler.reports.first?.problem == "the last run failed: it broke"
            })
        #expect(scheduler.reports.first?.lastResult == "failed: it broke")
        #expect(observer.failures.first == "w: it broke")
        task.cancel()
        await task.value
    }

    @Test("a run can be asked for, also of what is off, and not twice at once")
    func requested() async throws {
        let gate = Gate()
        let worker = Worker(name: "w", rhythm: .scheduled(.off)) { run in
            #expect(run.reason == .request)
            await gate.pass()
            return "done"
        }
        let scheduler = Self.scheduler([worker])
        let task = Task { await scheduler.run() }
        #expect(try await eventually(within: .seconds(30)) { scheduler.reports.first?.state == .off })
        _ = try await scheduler.runNow("w")
        #expect(scheduler.reports.first?.state == .running)
        await #expect(throws: StoreError.self) { _ = try await scheduler.runNow("w") }
        gate.open()
        #expect(try await eventually(within: .seconds(30)) { scheduler.reports.first?.lastResult == "ok: done" })
        #expect(scheduler.reports.first?.state == .off)
        await #expect(throws: StoreError.self) { _ = try await scheduler.runNow("x") }
        task.cancel()
        await task.value
    }

    @Test("another daemon takes over at once from one that stops, and what it worked at ends")
    func handedOver() async throws {
        let ledger = ProcessLedger(now: Self.now)
        let holders = Mutex<[String]>([])
        func worker(_ name: String) -> Worker {
            Worker(name: "w", rhythm: .continuous) { _ in
                holders.withLock { $0.append(name) }
                try await Task.sleep(for: .seconds(3_600))
                return ""
            }
        }
        let first = Self.scheduler([worker("a")], ledger, holder: "a")
        let firstTask = Task { await first.run() }
        #expect(try await eventually(within: .seconds(30)) { holders.withLock { $0 } == ["a"] })
        let second = Self.scheduler([worker("b")], ledger, holder: "b")
        let secondTask = Task { await second.run() }
        firstTask.cancel()
        await firstTask.value
        #expect(try await eventually(within: .seconds(30)) { holders.withLock { $0 } == ["a", "b"] })
        #expect(ledger.entries(deadline: .now).first?.holder == "b")
        secondTask.cancel()
        await secondTask.value
    }

    @Test("what a worker watches makes it run though it is not due")
    func triggers() async throws {
        let reasons = Mutex<[Worker.Run.Reason]>([])
        let worker = Worker(
            name: "w", rhythm: .scheduled(.every(seconds: 3_600)),
            trigger: { reasons.withLock { $0.isEmpty } ? "1,000 writes" : nil },
            work: { run in
                reasons.withLock { $0.append(run.reason) }
                return ""
            })
        let scheduler = Self.scheduler([worker])
        let task = Task { await scheduler.run() }
        #expect(try await eventually(within: .seconds(30)) { reasons.withLock { $0 } == [.trigger("1,000 writes")] })
        task.cancel()
        await task.value
    }

    @Test("a trigger that takes long to tell holds up no other worker")
    func slowTrigger() async throws {
        let gate = Gate()
        let runs = Mutex(0)
        let slow = Worker(
            name: "slow", rhythm: .scheduled(.every(seconds: 3_600)),
            trigger: {
                await gate.pass()
                return nil
            }, work: { _ in "" })
        let other = Worker(name: "other", rhythm: Self.everySecond) { _ in
            runs.withLock { $0 += 1 }
            return ""
        }
        let scheduler = Self.scheduler([slow, other])
        let task = Task { await scheduler.run() }
        #expect(try await eventually(within: .seconds(30)) { runs.withLock { $0 } >= 2 })
        gate.open()
        task.cancel()
        await task.value
    }

    @Test("work that does not end keeps a daemon from stopping for so long only")
    func stubbornWork() async throws {
        let gate = Gate()
        let worker = Worker(name: "w", rhythm: .continuous) { _ in
            await gate.pass()
            return ""
        }
        let scheduler = WorkerScheduler(
            workers: [worker], ledger: ProcessLedger(now: Self.now), holder: "a", observer: WorkerObserver(),
            environment: .init(now: Self.now, random: { 0 }), stopLimit: .milliseconds(100))
        let hasStopped = Mutex(false)
        let task = Task {
            await scheduler.run()
            hasStopped.withLock { $0 = true }
        }
        #expect(try await eventually(within: .seconds(30)) { scheduler.reports.first?.state == .running })
        task.cancel()
        #expect(try await eventually(within: .seconds(10)) { hasStopped.withLock { $0 } })
        gate.open()
        await task.value
    }

    @Test("a run that was interrupted by a stop is no reason for alarm")
    func interrupted() async throws {
        let ledger = ProcessLedger(now: Self.now)
        let worker = Worker(name: "w", rhythm: .scheduled(.every(seconds: 3_600))) { _ in
            try await Task.sleep(for: .seconds(3_600))
            return ""
        }
        let first = Self.scheduler([worker], ledger)
        let task = Task { await first.run() }
        #expect(try await eventually(within: .seconds(30)) { first.reports.first?.state == .waiting })
        _ = try await first.runNow("w")
        task.cancel()
        await task.value
        let second = Self.scheduler([worker], ledger)
        let secondTask = Task { await second.run() }
        #expect(
            try await eventually(within: .seconds(30)) {
                second.reports.first?.lastResult == "failed: interrupted: the daemon was stopped"
            })
        #expect(second.reports.first?.problem == nil)
        secondTask.cancel()
        await secondTask.value
    }

    @Test("each daemon does its own share of what is its own")
    func ownWork() async throws {
        let runs = Mutex<Set<String>>([])
        let ledger = ProcessLedger(now: Self.now)
        let tasks = ["a", "b"].map { name in
            let worker = Worker(name: "w", reach: .daemon, rhythm: Self.everySecond) { _ in
                runs.withLock { _ = $0.insert(name) }
                return ""
            }
            let scheduler = Self.scheduler([worker], ledger, holder: name)
            return Task { await scheduler.run() }
        }
        #expect(try await eventually(within: .seconds(30)) { runs.withLock { $0 } == ["a", "b"] })
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        #expect(ledger.entries(deadline: .now).isEmpty)
    }

    @Test("an unreachable ledger is told of once, and waited for")
    func unreachable() async throws {
        let ledger = FaultyLedger(now: Self.now)
        let observer = WorkerObserver()
        let scheduler = Self.scheduler(
            [Worker(name: "w", rhythm: Self.everySecond) { _ in "" }], ledger, observer: observer)
        let task = Task { await scheduler.run() }
        #expect(try await eventually(within: .seconds(30)) { observer.unreachable == [true] })
        ledger.isAway.withLock { $0 = false }
        #expect(try await eventually(within: .seconds(30)) { observer.unreachable == [true, false] })
        task.cancel()
        await task.value
    }
}

/// When runs began and how many there were at once.
private final class RunLog: Sendable {
    private struct State {
        var current = 0
        var most = 0
        var beginnings: [Date] = []
        var ends = 0
    }

    private let state = Mutex(State())

    func begin() {
        state.withLock { state in
            state.current += 1
            state.most = max(state.most, state.current)
            state.beginnings.append(Date())
        }
    }

    func end() {
        state.withLock { state in
            state.current -= 1
            state.ends += 1
        }
    }

    var mostAtOnce: Int { state.withLock { $0.most } }
    var ends: Int { state.withLock { $0.ends } }
    var beginnings: [Date] { state.withLock { $0.beginnings } }
}

/// Keeps what was told of workers.
private final class WorkerObserver: Observer {
    private let kept = Mutex<(failures: [String], unreachable: [Bool])>(([], []))

    func observe(_ observation: Observation) {
        kept.withLock { kept in
            switch observation {
            case .workerFinished(let summary) where !summary.isSuccess:
                kept.failures.append("\(summary.name): \(summary.detail)")
            case .workersUnreachable(let reason): kept.unreachable.append(reason != nil)
            default: break
            }
        }
    }

    var failures: [String] { kept.withLock { $0.failures } }
    var unreachable: [Bool] { kept.withLock { $0.unreachable } }
}

/// A ledger that can be away.
private final class FaultyLedger: WorkerLedger {
    private struct Away: Error {}

    let isAway = Mutex(true)
    private let ledger: ProcessLedger

    init(now: @escaping @Sendable () -> Timestamp) { ledger = ProcessLedger(now: now) }

    private func check() throws { if isAway.withLock({ $0 }) { throw Away() } }

    func register(_ workers: [WorkerRegistration], deadline: MonotonicInstant) async throws {
        try check()
        ledger.register(workers, deadline: deadline)
    }

    func entries(deadline: MonotonicInstant) async throws -> [WorkerEntry] {
        try check()
        return ledger.entries(deadline: deadline)
    }

    func claim(
        _ worker: String, holder: String, lease: Duration, nextRunAt: Timestamp?, isForced: Bool, gone: String?,
        deadline: MonotonicInstant
    ) async throws -> WorkerClaim {
        try check()
        return ledger.claim(
            worker, holder: holder, lease: lease, nextRunAt: nextRunAt, isForced: isForced, gone: gone,
            deadline: deadline)
    }

    func renew(
        _ worker: String, token: Int64, lease: Duration, deadline: MonotonicInstant
    ) async throws -> Bool {
        try check()
        return ledger.renew(worker, token: token, lease: lease, deadline: deadline)
    }

    func finish(
        _ worker: String, token: Int64, outcome: WorkerOutcome, retryAt: Timestamp?, deadline: MonotonicInstant
    ) async throws -> Bool {
        try check()
        return ledger.finish(worker, token: token, outcome: outcome, retryAt: retryAt, deadline: deadline)
    }
}
