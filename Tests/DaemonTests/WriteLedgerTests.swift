import DaemonFixture
import Testing

/// The judge of the kill tests, judged.
@Suite struct WriteLedgerTests {
    /// Writes of one memory with their answers (`3` acknowledged as version 3, `?` unknown, `x` refused), editions 1, 2, …;
    /// what is found, as edition and version; and whether that can be.
    @Test(
        arguments: [
            ("1", [1, 1], true), ("1", nil, false), ("1", [1, 2], false), ("1", [2, 1], false),
            ("?", [1, 1], true), ("?", nil, true), ("?", [1, 2], false),
            ("x", nil, true), ("x", [1, 1], false),
            ("12", [2, 2], true), ("12", [1, 1], false), ("12", [1, 2], false), ("13", [2, 3], false),
            ("11", [2, 1], false),
            ("1?", [1, 1], true), ("1?", [2, 2], true), ("1?", [2, 1], false), ("1??", [3, 2], true),
            ("1??", [3, 3], true),
            ("1??", [2, 3], false), ("?2", [2, 2], true), ("?1", [2, 1], true), ("?2x?", [4, 3], true),
            ("?2x?", [3, 3], false),
        ] as [(String, [Int]?, Bool)])
    func judges(_ answers: String, _ found: [Int]?, _ isRight: Bool) throws {
        let ledger = WriteLedger()
        for (index, answer) in answers.enumerated() {
            let number = ledger.sending("m", edition: index + 1)
            ledger.answered([(id: "m", number: number)], try Self.answer(answer), isBatch: false)
        }
        let memory = found.map { found -> JSONValue in
            ["id": "m", "version": .int(found[1]), "context": ["edition": .int(found[0])]]
        }
        let violations = ledger.violations(memory.map { ["m": $0] } ?? [:])
        #expect(violations.isEmpty == isRight, "\(violations)")
    }

    private static func answer(_ symbol: Character) throws -> WireAnswer? {
        guard symbol != "?" else { return nil }
        let text =
            symbol == "x"
            ? #"{"id":1,"error":{"code":-32004,"data":{"kind":"store_unavailable"}}}"#
            : #"{"id":1,"result":{"id":"m","version":\#(symbol),"created":true}}"#
        return try WireAnswer(payload: Array(text.utf8), arrivedAt: .now)
    }

    @Test func aTornBatchIsNoticed() throws {
        let ledger = WriteLedger()
        let writes = ["a", "b"].map { (id: $0, number: ledger.sending($0, edition: 1)) }
        ledger.answered(writes, nil, isBatch: true)
        let one: [String: JSONValue] = ["a": ["version": 1, "context": ["edition": 1]]]
        #expect(ledger.violations(one).count == 1)
        #expect(ledger.violations([:]).isEmpty)
    }
}
