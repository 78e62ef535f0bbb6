import MemoryModel
import TestSupport
import Testing

@testable import SocketServer

@Suite("IDSequencer")
struct IDSequencerTests {
    private static func ids(_ text: String) -> [MemoryID] { text.compactMap { MemoryID(String($0)) } }

    /// Requests by the ids they name, each a letter; the order in which they finish; what runs at once, and what each
    /// end lets run.
    static let cases: [(requests: [String], atOnce: [UInt64], ends: [(UInt64, [UInt64])])] = [
        (["a", "b", ""], [0, 1, 2], [(1, []), (0, []), (2, [])]),
        (["a", "a", "a"], [0], [(0, [1]), (1, [2]), (2, [])]),
        (["a", "b", "ab", "a", "b"], [0, 1], [(1, []), (0, [2]), (2, [3, 4]), (4, []), (3, [])]),
        (["ab", "b", "a", "ab"], [0], [(0, [1, 2]), (2, []), (1, [3]), (3, [])]),
        (["aa", "a", "aab"], [0], [(0, [1]), (1, [2]), (2, [])]),
        (["a", "", "a"], [0, 1], [(1, []), (0, [2]), (2, [])]),
        (["abc", "c", "cb", "d"], [0, 3], [(3, []), (0, [1]), (1, [2]), (2, [])]),
    ]

    @Test("requests that share an id run one after the other", arguments: cases)
    func table(requests: [String], atOnce: [UInt64], ends: [(UInt64, [UInt64])]) {
        var sequencer = IDSequencer()
        let running = requests.enumerated().filter { sequencer.enqueue(UInt64($0), naming: Self.ids($1)) }
        #expect(running.map { UInt64($0.offset) } == atOnce)
        for (token, next) in ends {
            let begun = sequencer.finish(token).sorted()
            #expect(begun == next, "after \(token)")
        }
    }

    @Test("after all have finished, an id is free again")
    func freed() {
        var sequencer = IDSequencer()
        for token in UInt64(0)..<10 {
            let runs = sequencer.enqueue(token, naming: Self.ids("ab"))
            let begun = sequencer.finish(token)
            #expect(runs && begun.isEmpty)
        }
        let begun = sequencer.finish(99)
        #expect(begun.isEmpty)
    }

    @Test("whatever finishes when, it does what a plain list would", arguments: UInt64(1)...30)
    func againstModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var sequencer = IDSequencer()
        // The model: every request that has not finished, in order; one may run when no earlier one shares an id.
        var pending: [(token: UInt64, ids: Set<MemoryID>)] = []
        var running: Set<UInt64> = []
        func runnable() -> Set<UInt64> {
            var seen: Set<MemoryID> = []
            var tokens: Set<UInt64> = []
            for request in pending {
                if seen.isDisjoint(with: request.ids) { tokens.insert(request.token) }
                seen.formUnion(request.ids)
            }
            return tokens
        }
        var next: UInt64 = 0
        for _ in 0..<300 {
            if pending.count < 12, generator.oneIn(2) {
                let letters = (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in
                    "abcdef".randomElement(using: &generator)
                }
                let ids = Self.ids(String(letters))
                pending.append((next, Set(ids)))
                if sequencer.enqueue(next, naming: ids) { running.insert(next) }
                next += 1
            } else if let token = running.sorted().randomElement(using: &generator) {
                running.remove(token)
                pending.removeAll { $0.token == token }
                let begun = sequencer.finish(token)
                #expect(running.isDisjoint(with: begun) && Set(begun).count == begun.count)
                running.formUnion(begun)
            }
            let expected = runnable()
            try #require(running == expected)
        }
        while let token = running.first {
            running.remove(token)
            pending.removeAll { $0.token == token }
            running.formUnion(sequencer.finish(token))
        }
        #expect(pending.isEmpty)
    }
}

@Suite("Bounds")
struct BoundTests {
    @Test("a connection has room below its bounds, and not while a frame is decoded")
    func flow() {
        var flow = ConnectionFlow(maximumInFlight: 2, maximumBytes: 100)
        #expect(flow.hasRoom && flow.isIdle)
        flow.requestBegan(bytes: 10)
        #expect(flow.hasRoom && !flow.isIdle)
        flow.requestBegan(bytes: 10)
        #expect(!flow.hasRoom && flow.inFlight == 2 && flow.requestBytes == 20)
        flow.requestFinished(bytes: 10)
        flow.answerQueued(bytes: 89)
        #expect(flow.hasRoom)
        flow.answerQueued(bytes: 1)
        #expect(!flow.hasRoom)
        flow.requestFinished(bytes: 10)
        #expect(flow.hasRoom && !flow.isIdle && flow.answerBytes == 90)
        flow.answerSent(bytes: 90)
        #expect(flow.isIdle)
        flow.isDecoding = true
        #expect(!flow.hasRoom && !flow.isIdle)
    }
}
