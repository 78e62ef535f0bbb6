import MemoryModel
import MonotonicClock
import Testing
import WireProtocol

@testable import DaemonMetrics

@Suite("Agents by activity")
struct AgentActivityTableTests {
    private static func agent(_ name: String) throws -> AgentID { try #require(AgentID(name)) }

    @Test("counts are of the last minute, about")
    func fading() throws {
        var table = AgentActivityTable()
        let start = MonotonicInstant.now
        let (alice, bob) = (try Self.agent("alice"), try Self.agent("bob"))
        for second in 0..<600 {
            for index in 0..<10 { table.count(alice, isError: index == 0, now: start + .seconds(second)) }
        }
        table.count(bob, isError: false, now: start + .seconds(599))
        let now = table.busiest(10, now: start + .seconds(599))
        #expect(now.map(\.agentID) == [alice, bob])
        #expect((580...610).contains(now[0].requests) && (58...61).contains(now[0].errors))
        let later = table.busiest(10, now: start + .seconds(719))
        #expect(later.map(\.agentID) == [alice] && (75...90).contains(later[0].requests))
        #expect(table.busiest(10, now: start + .seconds(3_600)).isEmpty)
    }

    @Test("a busy agent is found among any number of others, and none is told to be busier than it is")
    func heavyHitters() throws {
        var table = AgentActivityTable()
        let now = MonotonicInstant.now
        let busy = try (0..<5).map { try Self.agent("busy-\($0)") }
        for round in 0..<20_000 {
            table.count(try Self.agent("one-time-\(round)"), isError: false, now: now)
            if round.isMultiple(of: 10) { table.count(busy[round / 10 % 5], isError: false, now: now) }
        }
        let top = table.busiest(64, now: now)
        #expect(top.count <= 64)
        #expect(Set(top.prefix(5).map(\.agentID)) == Set(busy))
        // 400 each; what they may be too high by is taken off.
        #expect(top.prefix(5).allSatisfy { (300...400).contains($0.requests) })
        #expect(top.dropFirst(5).allSatisfy { $0.requests <= 1.5 })
    }
}
