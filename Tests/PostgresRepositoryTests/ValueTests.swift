import Foundation
import MemoryModel
import StrictJSON
import Testing

@testable import PostgresRepository

/// Values that PostgreSQL could refuse, change, or order in its own way.
@Suite struct ValueTests {
    static let numbers = [
        "0", "-0.0", "1e308", "1.7976931348623157e308", "-1e308", "5e-324", "2.2250738585072014e-308", "1e-5",
        "12345678901234567890", "9007199254740993", "0.1", "0.30000000000000004", "1E5", "1e5", "123456789.123456789",
        "1.0", "100000000000000000000000000000000000000000000000",
    ]

    @Test func numbersComeBackEqualAsDoubles() async throws {
        try await Store.with { store in
            let context = "{\"n\":[\(Self.numbers.joined(separator: ","))]}"
            try await store.store(.of("m1", context: context))
            let record = try #require(try await store.memory("m1"))
            let numbers = try #require(record.draft.context.view["n"]).elements.map(\.double)
            for (number, text) in zip(numbers, Self.numbers) {
                #expect(number == Double(text), "\(text)")
            }
            #expect(numbers.count == Self.numbers.count)
            // Compact: no spaces, and no hundreds of zeros.
            #expect(record.draft.context.bytes.count < context.utf8.count + 100)
            #expect(!record.draft.context.bytes.contains(UInt8(ascii: " ")))
        }
    }

    @Test func keysAndStringsOfAnyKindComeBack() async throws {
        let strings = [
            "", " ", "\u{1}", "\n\t\r", "\"", "\\", "/", "é", "e\u{301}", "\u{FEFF}", "\u{FFFF}", "😀", "\u{10FFFF}",
            "$1", "{}", "null", "a\u{200B}b", "ﬁ", "K",
        ]
        try await Store.with { store in
            let object = Dictionary(
                uniqueKeysWithValues: strings.enumerated().map { ("\($0.offset)" + $0.element, $0.element) })
            let context = String(decoding: try JSONEncoder().encode(object), as: UTF8.self)
            try await store.store(.of("m1", context: context))
            let record = try #require(try await store.memory("m1"))
            for (key, value) in object {
                let found = record.draft.context.view[key]?.string
                #expect(found.map { Array($0.utf8) } == Array(value.utf8), "\(key.debugDescription)")
            }
        }
    }

    @Test func aLargeContextComesBack() async throws {
        try await Store.with { store in
            let text = String(repeating: "0123456789abcdef", count: 65_000)
            try await store.store(.of("m1", context: "{\"t\":\"\(text)\"}"))
            let record = try #require(try await store.memory("m1"))
            #expect(record.draft.context.view["t"]?.string == text)
            let deep = String(repeating: "[", count: 54) + String(repeating: "]", count: 54)
            try await store.store(.of("m2", context: "{\"d\":\(deep)}"))
            #expect(try await store.memory("m2")?.draft.context.view.nestingDepth == 55)
        }
    }

    @Test func embeddingsComeBackBitForBit() async throws {
        try await Store.with { store in
            var generator = SystemRandomNumberGenerator()
            var draft = try MemoryDraft.of("m1")
            draft.embeddings = (0..<4_096).map { _ in
                let number = Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator))
                return number.isFinite ? number : 0
            }
            try await store.store(draft)
            let embeddings = try #require(try await store.memory("m1")?.draft.embeddings)
            #expect(embeddings.map(\.bitPattern) == draft.embeddings?.map(\.bitPattern))
        }
    }

    /// "é" as one code point and as two are two tags, and tags sort by code points: "Z" before "a", U+FFFF before
    /// U+10000.
    @Test func tagsAreComparedByCodePoints() async throws {
        let tags = ["Z", "a", "b\"c\\d", "e\u{301}", "{}", "NULL", "é", "ﬁ", "\u{FFFF}", "\u{10000}", " ", "ß", "ss"]
        try await Store.with { store in
            try await store.store(.of("m1", tags: tags))
            let record = try #require(try await store.memory("m1"))
            let sorted = tags.map { Array($0.utf8) }.sorted(by: Self.precedes)
            #expect(record.draft.tags.map { Array($0.value.utf8) } == sorted)
            for tag in tags {
                let filter = MemoryFilter(tags: [try .of(tag)])
                #expect(try await store.page(filter).memories.count == 1, "\(tag.debugDescription)")
            }
            try await store.store(.of("m2", tags: ["é"]))
            try await store.store(.of("m3", tags: ["e\u{301}"]))
            let composed = try await store.page(MemoryFilter(tags: [.of("é")])).memories.map(\.draft.id.value)
            #expect(composed == ["m2", "m1"])
        }
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

    @Test func idsSortByCodePoints() async throws {
        try await Store.with { store in
            let ids = ["a", "B", "b", "a.b", "a-b", "a_b", "a0", "A", "0", "aa"]
            for id in ids { try await store.store(.of(id, at: 7)) }
            let page = try await store.page()
            #expect(page.memories.map(\.draft.id.value) == ids.sorted { Self.precedes(Array($1.utf8), Array($0.utf8)) })
        }
    }

    /// A page stops before it is too large, one memory at least, and the next goes on.
    @Test func aPageOfLargeMemoriesEndsEarly() async throws {
        try await Store.with { store in
            let text = String(repeating: "x", count: 100_000)
            for number in 0..<10 { try await store.store(.of("m\(number)", context: "{\"t\":\"\(text)\"}")) }
            var seen: [String] = []
            var position: PagePosition?
            repeat {
                let page = try await store.repository.page(
                    matching: MemoryFilter(), after: position, limit: 100, maximumBytes: 120_000, scope: .all,
                    deadline: .soon)
                #expect(page.memories.count == 2)
                seen += page.memories.map(\.draft.id.value)
                position = page.next
            } while position != nil
            #expect(seen == (0..<10).reversed().map { "m\($0)" })
            let ids = try (0..<10).map { try MemoryID.of("m\($0)") }
            let error = await storeError {
                _ = try await store.repository.memories(
                    withIDs: ids, maximumBytes: 120_000, scope: .all, deadline: .soon)
            }
            #expect(error?.kind == .invalidParams)
            #expect(error?.field == "ids")
            let one = try await store.repository.memories(
                withIDs: [ids[0]], maximumBytes: 1_000, scope: .all, deadline: .soon)
            #expect(one.first??.draft.id.value == "m0")
        }
    }

    /// What is over all that match can't be cut; it is refused, not shortened.
    @Test func sharedTagsThatDoNotFitAreRefused() async throws {
        try await Store.with { store in
            let drafts = try (0..<100).map { number in
                try MemoryDraft.of("m\(number)", agent: number < 50 ? "a" : "b", tags: ["tag\(number % 50)"])
            }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            func insights(_ maximumBytes: Int) async throws -> CrossAgentInsights {
                try await store.repository.insights(
                    matching: MemoryFilter(), limit: 1, maximumBytes: maximumBytes, scope: .all, deadline: .soon)
            }
            #expect(try await insights(10_000).sharedTags.count == 50)
            #expect(await storeError { _ = try await insights(1_000) }?.kind == .unsupported)
        }
    }

    @Test func getsInTheOrderAsked() async throws {
        try await Store.with { store in
            for id in ["a", "b", "c"] { try await store.store(.of(id)) }
            let ids = try ["c", "none", "a", "c", "b"].map { try MemoryID.of($0) }
            let records = try await store.repository.memories(
                withIDs: ids, maximumBytes: Limits.answerBytes, scope: .all, deadline: .soon)
            #expect(records.map { $0?.draft.id.value } == ["c", nil, "a", "c", "b"])
        }
    }
}
