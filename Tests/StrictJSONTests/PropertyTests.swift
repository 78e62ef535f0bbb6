import StrictJSON
import TestSupport
import Testing

/// What must hold of every text; the seeds make a failure repeatable.
@Suite("Random texts", .serialized)
struct PropertyTests {
    @Test("a value written anyhow is read as itself, and its compact form is stable", arguments: UInt64(1)...8)
    func roundTrip(seed: UInt64) async throws {
        var random = RandomJSON(seed: seed)
        for round in 0..<150 {
            await Task.yield()
            let value = random.value()
            let text = random.text(of: value)
            let view = try JSONDocument(parsing: text).root
            let read = JSONTree(view)
            let compact = view.compacted()
            let again = try JSONDocument(parsing: compact.bytes).root
            guard read == value, JSONTree(again) == value, again.compacted() == compact else {
                Issue.record("seed \(seed), round \(round): \(String(decoding: text, as: UTF8.self))")
                return
            }
        }
    }

    @Test("no mutation crashes the parser, and what it accepts can be walked", arguments: UInt64(1)...8)
    func mutations(seed: UInt64) async {
        var random = RandomJSON(seed: seed)
        var accepted = 0
        for _ in 0..<100 {
            await Task.yield()
            let text = random.text(of: random.value())
            for _ in 0..<10 {
                let mutated = random.mutation(of: text)
                guard let root = try? JSONDocument(parsing: mutated).root else { continue }
                accepted += 1
                let compact = root.compacted()
                guard let again = try? JSONDocument(parsing: compact.bytes).root, again.compacted() == compact,
                    JSONTree(root) == JSONTree(again)
                else {
                    Issue.record("seed \(seed): \(String(decoding: mutated, as: UTF8.self))")
                    return
                }
            }
        }
        #expect(accepted > 20)
    }

    @Test("no part of an object's text from its beginning is a text")
    func prefixes() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é",true,null],"b":{"c":{}}}"#.utf8)
        _ = try JSONDocument(parsing: text)
        for length in 0..<text.count { #expect((try? JSONDocument(parsing: Array(text[..<length]))) == nil) }
    }
}
