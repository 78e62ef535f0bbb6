import BrainClient
import Testing

@testable import brainctl

@Suite struct ImportStateMachineTests {
    private let start = ContinuousClock.now

    private func machine(strict: Bool = false, perBatch: Int = 2, attempts: Int = 3) -> ImportStateMachine {
        var limits = ImportStateMachine.Limits()
        limits.recordsPerBatch = perBatch
        limits.batchesInFlight = 2
        limits.attempts = attempts
        return ImportStateMachine(limits: limits, isStrict: strict)
    }

    private func record(_ line: Int, id: String? = nil) -> ImportRecord {
        ImportRecord(line: line, id: id ?? "m\(line)", json: .emptyObject)
    }

    private func outcomes(_ batch: ImportStateMachine.Batch, created: Bool = true) -> [StoreOutcome] {
        batch.records.compactMap { MemoryID($0.id).map { StoreOutcome(id: $0, version: 1, created: created) } }
    }

    private func rejection(_ kind: ErrorKind, field: String? = nil, _ message: String = "no") -> BrainError {
        .rejected(Rejection(StoreError(kind, message, field: field)))
    }

    /// Sends what may be sent; the lines of each batch.
    private func send(_ machine: inout ImportStateMachine, after: Duration = .zero) -> [ImportStateMachine.Batch] {
        var batches: [ImportStateMachine.Batch] = []
        while let batch = machine.nextToSend(now: start + after) { batches.append(batch) }
        return batches
    }

    private func lines(_ batches: [ImportStateMachine.Batch]) -> [[Int]] {
        batches.map { $0.records.map(\.line) }
    }

    @Test func gathersLinesIntoBatchesAndSendsSeveralAtOnce() {
        var machine = machine()
        for line in 1...5 { machine.add(record(line)) }
        let first = send(&machine)
        #expect(lines(first) == [[1, 2], [3, 4]])
        machine.end()
        #expect(send(&machine).isEmpty)
        machine.stored(first[0].number, outcomes(first[0]))
        let rest = send(&machine)
        #expect(lines(rest) == [[5]])
        machine.stored(first[1].number, outcomes(first[1], created: false))
        #expect(!machine.isFinished)
        machine.stored(rest[0].number, outcomes(rest[0]))
        #expect(machine.isFinished)
        #expect(machine.summary == .init(created: 3, replaced: 2, bad: 0))
    }

    @Test func sealsByBytesAndWhenTheInputPauses() {
        var limits = ImportStateMachine.Limits()
        limits.bytesPerBatch = 4
        var machine = ImportStateMachine(limits: limits)
        for line in 1...3 { machine.add(record(line)) }
        #expect(lines(send(&machine)) == [[1, 2]])
        machine.inputPaused()
        #expect(send(&machine).isEmpty)

        var idle = self.machine(perBatch: 100)
        idle.add(record(1))
        #expect(send(&idle).isEmpty)
        idle.inputPaused()
        #expect(lines(send(&idle)) == [[1]])
    }

    @Test func readsNoFurtherThanItsBound() {
        var machine = machine(perBatch: 1)
        var line = 0
        while machine.wantsInput {
            line += 1
            machine.add(record(line))
        }
        #expect(line == ImportStateMachine.Limits().waitingBatches)
    }

    @Test func aBatchWaitsForAnEarlierOneWithTheSameMemory() {
        var machine = machine(perBatch: 3)
        for (line, id) in [(1, "a"), (2, "b"), (3, "a"), (4, "c"), (5, "d"), (6, "e"), (7, "f")] {
            machine.add(record(line, id: id))
        }
        machine.end()
        let first = send(&machine)
        // Line 3 names the memory of line 1 again, so it begins a batch, which must not overtake that of line 1.
        #expect(lines(first) == [[1, 2], [6, 7]])
        machine.failed(first[0].number, rejection(.busy), now: start)
        #expect(send(&machine).isEmpty)
        let again = send(&machine, after: .seconds(1))
        #expect(lines(again) == [[1, 2]])
        machine.stored(again[0].number, outcomes(again[0]))
        #expect(lines(send(&machine)) == [[3, 4, 5]])
    }

    @Test func aRecordThatIsRefusedLeavesAndTheOthersGoAgain() {
        var machine = machine(perBatch: 3)
        for line in 1...3 { machine.add(record(line)) }
        let first = send(&machine)
        machine.failed(
            first[0].number, rejection(.invalidParams, field: "records[1].expiresAt", "records[1].expiresAt is past"),
            now: start)
        let again = send(&machine)
        #expect(lines(again) == [[1, 3]])
        let bad = machine.takeBadLines()
        #expect(bad.map(\.line) == [2] && bad.map(\.reason) == ["expiresAt is past"])
        #expect(machine.takeBadLines().isEmpty && machine.summary.bad == 1)
    }

    @Test func aRefusalThatNamesNoRecordIsFoundByHalving() {
        var machine = machine(perBatch: 4)
        for line in 1...4 { machine.add(record(line)) }
        machine.end()
        var waiting = send(&machine)
        while let batch = waiting.popLast() {
            if batch.records.contains(where: { $0.line == 3 }) {
                machine.failed(batch.number, rejection(.permissionDenied), now: start)
            } else {
                machine.stored(batch.number, outcomes(batch))
            }
            waiting += send(&machine)
        }
        #expect(machine.isFinished && machine.abortedBy == nil)
        #expect(machine.summary == .init(created: 3, replaced: 0, bad: 1))
        #expect(machine.takeBadLines().map(\.line) == [3])
    }

    @Test func passingFailuresAreTriedAgainUpToABound() {
        var machine = machine(attempts: 3)
        machine.add(record(1))
        machine.end()
        var now = Duration.zero
        for (pause, error) in [
            (100, rejection(.commitUnknown)), (200, BrainError.connectionLost(reason: "gone")),
        ] as [(Int, BrainError)] {
            let batch = send(&machine, after: now)
            machine.failed(batch[0].number, error, now: start + now)
            #expect(machine.nextDue(now: start + now) == start + now + .milliseconds(pause))
            now += .milliseconds(pause)
        }
        let last = send(&machine, after: now)
        machine.failed(last[0].number, rejection(.storeUnavailable), now: start + now)
        #expect(machine.abortedBy == rejection(.storeUnavailable) && machine.isFinished && !machine.wantsInput)
    }

    @Test func aFailureThatIsNoLinesFaultStopsTheImport() {
        var machine = machine()
        for line in 1...6 { machine.add(record(line)) }
        let batches = send(&machine)
        machine.failed(batches[0].number, .protocolViolation(reason: "garbage"), now: start)
        #expect(!machine.isFinished)
        machine.failed(batches[1].number, rejection(.busy), now: start)
        #expect(machine.isFinished && machine.abortedBy == .protocolViolation(reason: "garbage"))
        machine.add(record(7))
        #expect(machine.isFinished)
    }

    @Test func strictStopsAtABadLineAndStoresWhatIsBefore() {
        var machine = machine(strict: true)
        for line in 1...3 { machine.add(record(line)) }
        machine.addBad(line: 4, reason: "no JSON")
        machine.add(record(5))
        #expect(!machine.wantsInput && machine.stoppedAt == 4)
        let first = send(&machine)
        #expect(lines(first) == [[1, 2]])
        machine.stored(first[0].number, outcomes(first[0]))
        let second = send(&machine)
        #expect(lines(second) == [[3]])
        machine.stored(second[0].number, outcomes(second[0]))
        #expect(machine.isFinished && machine.summary == .init(created: 3, replaced: 0, bad: 1))
    }

    @Test func strictStoresNothingAfterALineThatTheDaemonRefuses() {
        var machine = machine(strict: true, perBatch: 3)
        for line in 1...6 { machine.add(record(line)) }
        let first = send(&machine)
        #expect(lines(first) == [[1, 2, 3]])
        machine.failed(first[0].number, rejection(.invalidParams, field: "records[1].id"), now: start)
        let before = send(&machine)
        #expect(lines(before) == [[1]] && machine.stoppedAt == 2)
        machine.stored(before[0].number, outcomes(before[0]))
        #expect(machine.isFinished && machine.summary == .init(created: 1, replaced: 0, bad: 1))
    }
}
