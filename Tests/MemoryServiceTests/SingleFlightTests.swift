import MemoryModel
import MonotonicClock
import TestSupport
import Testing

@testable import MemoryService

@Suite struct SingleFlightTests {
    private static func ticket(_ stamp: UInt8 = 0) throws -> CacheTicket {
        CacheTicket(key: .memory(try #require(MemoryID("m1"))), stamp: [stamp])
    }

    private static let answer = CachedAnswer(members: [1])

    @Test func aThousandCallersMakeOneRead() async throws {
        let (flights, gate, reads) = (SingleFlight(), Gate(), Shared(0))
        let ticket = try Self.ticket()
        let answers = try await withThrowingTaskGroup(of: CachedAnswer?.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    await flights.answer(for: ticket, deadline: .now + .seconds(30)) { () throws(StoreError) in
                        reads.change { $0 += 1 }
                        await gate.pass()
                        return Self.answer
                    }.answer
                }
            }
            #expect(try await eventually { gate.waiting == 1 })
            gate.open()
            return try await group.reduce(into: [CachedAnswer?]()) { $0.append($1) }
        }
        #expect(answers.count == 1_000 && answers.allSatisfy { $0 == Self.answer })
        // Whoever came after the read had ended made another: with so many tasks, few at the most.
        #expect((1...50).contains(reads.value))
    }

    @Test func anotherStampIsAnotherRead() async throws {
        let (flights, gate, reads) = (SingleFlight(), Gate(), Shared(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stamp in [1, 2] as [UInt8] {
                let ticket = try Self.ticket(stamp)
                group.addTask {
                    _ = await flights.answer(for: ticket, deadline: .now + .seconds(30)) { () throws(StoreError) in
                        reads.change { $0 += 1 }
                        await gate.pass()
                        return Self.answer
                    }
                }
            }
            #expect(try await eventually { gate.waiting == 2 })
            gate.open()
            try await group.waitForAll()
        }
        #expect(reads.value == 2)
    }

    @Test func aFailureIsToldApartFromOnesOwn() async throws {
        let (flights, gate) = (SingleFlight(), Gate())
        let ticket = try Self.ticket()
        let failing: SingleFlight.Read = { () throws(StoreError) in
            await gate.pass()
            throw StoreError(.deadlineExceeded, "late")
        }
        let leader = Task { await flights.answer(for: ticket, deadline: .now + .seconds(30), failing) }
        #expect(try await eventually { gate.waiting == 1 })
        let follower = Task { await flights.answer(for: ticket, deadline: .now + .seconds(30), failing) }
        // Nothing tells that it has joined; the gate is open soon enough for either to be told of a failure.
        gate.open()
        guard case .own(.failure) = await leader.value else {
            Issue.record("not its own failure")
            return
        }
        #expect(await follower.value.answer == nil)
    }

    /// Whoever joined it is told that there is no answer, and reads by itself.
    @Test func theLeadersCancellationIsNobodyElses() async throws {
        let (flights, gate) = (SingleFlight(), Gate())
        let ticket = try Self.ticket()
        let read: SingleFlight.Read = { () throws(StoreError) in
            await gate.pass()
            if Task.isCancelled { throw StoreError(.deadlineExceeded, "cancelled") }
            return Self.answer
        }
        let leader = Task { await flights.answer(for: ticket, deadline: .now + .seconds(30), read) }
        #expect(try await eventually { gate.waiting == 1 })
        let follower = Task { await flights.answer(for: ticket, deadline: .now + .seconds(30), read) }
        leader.cancel()
        gate.open()
        if case .own(.failure) = await follower.value { Issue.record("the other's failure as its own") }
    }

    @Test func aCallerWithLessTimeGivesUpInTime() async throws {
        let (flights, gate) = (SingleFlight(), Gate())
        let ticket = try Self.ticket()
        let read: SingleFlight.Read = { () throws(StoreError) in
            await gate.pass()
            return Self.answer
        }
        let leader = Task { await flights.answer(for: ticket, deadline: .now + .seconds(30), read) }
        #expect(try await eventually { gate.waiting == 1 })
        guard case .tooLate = await flights.answer(for: ticket, deadline: .now + .milliseconds(20), read) else {
            Issue.record("it was not told in time")
            return
        }
        gate.open()
        #expect(await leader.value.answer == Self.answer)
    }
}

extension SingleFlight.Joined {
    /// The answer, whoever read it; nil for none.
    fileprivate var answer: CachedAnswer? {
        switch self {
        case .own(let outcome), .others(let outcome): try? outcome.get()
        case .tooLate: nil
        }
    }
}
