import MemoryModel
import TestSupport
import Testing

private typealias Tag = MemoryModel.Tag

@Suite("Names and tags", .serialized)
struct NameTests {
    static let both: [(text: String, isValid: Bool)] = [
        ("a", true), ("Z", true), ("0", true), ("a.b_c-d", true), ("9-", true),
        (String(repeating: "x", count: 128), true),
        ("", false), (String(repeating: "x", count: 129), false), (".a", false), ("_a", false), ("-a", false),
        ("a b", false),
        ("a\n", false), ("a\0", false), ("é", false), ("e\u{301}", false), ("\u{212A}", false), ("a*", false),
        ("a\\", false),
        ("a,b", false), ("a'b", false), ("a\"b", false), ("a%", false), ("a+b", false), ("ａ", false),
    ]

    @Test("ids and agent ids share these", arguments: both)
    func names(text: String, isValid: Bool) {
        #expect((MemoryID(text) != nil) == isValid)
        #expect((AgentID(text) != nil) == isValid)
        #expect(MemoryID(text)?.value ?? text == text && AgentID(text)?.description ?? text == text)
    }

    static let agentsOnly = ["a:b", "a@b", "a/b", "team/agent:1@host-2.example_x"]

    @Test("an agent id allows more signs, but not first", arguments: agentsOnly)
    func agentSigns(text: String) {
        #expect(AgentID(text) != nil)
        #expect(MemoryID(text) == nil)
        #expect(AgentID(String(text.drop { $0.isLetter })) == nil)
    }

    @Test("names sort by their bytes")
    func order() throws {
        let texts = ["0", "9", "A", "Z", "Z0", "a", "a-", "a.", "a0", "aA", "a_", "aa", "z"]
        let ids = texts.compactMap { MemoryID($0) }
        let agents = texts.compactMap { AgentID($0) }
        #expect(ids.shuffled().sorted().map(\.value) == texts)
        #expect(agents.shuffled().sorted().map(\.value) == texts)
    }

    static let tags: [(text: String, isValid: Bool)] = [
        ("a", true), (" ", true), ("two words", true), ("\"\\'%_*", true), ("\u{A0}", true), ("😀", true),
        ("\u{202E}", true),
        ("\u{FEFF}", true), ("\u{301}", true), ("\u{FFFF}", true),
        (String(repeating: "é", count: 128), true), (String(repeating: "😀", count: 128), true),
        // 128 code points, whatever the bytes and however few characters a reader sees.
        ("e" + String(repeating: "\u{301}", count: 127), true), ("e" + String(repeating: "\u{301}", count: 128), false),
        (String(repeating: "a", count: 129), false), ("", false), ("\0", false), ("\u{1F}", false), ("\u{20}", true),
        ("\u{7E}", true), ("\u{7F}", false), ("\u{80}", false), ("\u{9F}", false), ("a\tb", false), ("a\n", false),
        ("a\u{85}", false),
    ]

    @Test("tags are 1 to 128 code points without control characters", arguments: tags)
    func tag(text: String, isValid: Bool) {
        #expect((Tag(text) != nil) == isValid)
    }

    @Test("composed and decomposed tags are two, and sort by their bytes")
    func normalization() throws {
        let texts = ["z", "\u{E9}", "e\u{301}", "a", "Z", "\u{FF5E}", "😀", "a", "\u{E9}"]
        let tags = Tag.normalized(texts.compactMap { Tag($0) })
        let expected = ["Z", "a", "e\u{301}", "z", "\u{E9}", "\u{FF5E}", "😀"]
        #expect(tags.map { Array($0.value.utf8) } == expected.map { Array($0.utf8) })
        #expect(Set(texts.compactMap { Tag($0) }).count == 7)
        #expect(Tag("\u{E9}") != Tag("e\u{301}"))
        #expect(Tag.normalized([Tag]()).isEmpty)
    }
}

@Suite("Ids that the server makes", .serialized)
struct UUIDTests {
    @Test("they are UUIDs of version 7 with the instant first")
    func layout() throws {
        var generator = SeededGenerator(seed: 1)
        // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z is 017F22E279B0.
        let now = try #require(Timestamp(rfc3339: "2022-02-22T14:22:22.000999-05:00"))
        for _ in 0..<1_000 {
            let id = MemoryID(uuidVersion7At: now, using: &generator).value
            #expect(id.wholeMatch(of: /017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)")
            #expect(MemoryID(id) != nil)
        }
    }

    @Test("all bits that may be random are, and ids do not repeat")
    func randomness() {
        var generator = SeededGenerator(seed: 2)
        var ids: Set<MemoryID> = []
        var seen = [Set<Character>](repeating: [], count: 36)
        for _ in 0..<10_000 {
            let id = MemoryID(uuidVersion7At: .latest, using: &generator)
            ids.insert(id)
            for (index, digit) in id.value.enumerated() { seen[index].insert(digit) }
        }
        #expect(ids.count == 10_000)
        #expect([15, 16, 17, 20, 21, 22, 24, 30, 35].allSatisfy { seen[$0].count == 16 })
        #expect(seen[14] == ["7"] && seen[19] == ["8", "9", "a", "b"])
    }

    @Test("ids of a later millisecond sort later")
    func order() throws {
        var generator = SeededGenerator(seed: 3)
        var last = MemoryID(uuidVersion7At: try #require(Timestamp(microseconds: 0)), using: &generator)
        for milliseconds in stride(from: Int64(1), through: 4_000_000_000_000, by: 7_777_777_777) {
            let id = MemoryID(
                uuidVersion7At: try #require(Timestamp(microseconds: milliseconds * 1_000)), using: &generator)
            #expect(last < id)
            last = id
        }
    }
}

@Suite("Scopes of agents", .serialized)
struct ScopeTests {
    private static func agent(_ text: String) throws -> AgentID { try #require(AgentID(text)) }

    @Test("patterns add up")
    func contains() throws {
        let scope = AgentScope([.exact(try Self.agent("alice")), .prefix("team-"), .prefix("x")])
        for (text, isInside) in [
            ("alice", true), ("alice2", false), ("Alice", false), ("team-", true), ("team-7", true), ("team", false),
            ("x", true),
            ("xyz", true), ("y", false),
        ] {
            #expect(try scope.contains(Self.agent(text)) == isInside, "\(text)")
        }
        #expect(!scope.isEmpty)
        let member = try Self.agent("team-1")
        #expect(scope.narrowed(to: member) == .only(agents: [member], prefixes: []))
        #expect(try scope.narrowed(to: Self.agent("bob")).isEmpty)
    }

    @Test("any is everyone, nothing is no one")
    func extremes() throws {
        let bob = try Self.agent("bob")
        #expect(try AgentScope([.exact(Self.agent("alice")), .any]) == .all)
        #expect(AgentScope.all.contains(bob) && !AgentScope.all.isEmpty)
        #expect(AgentScope.all.narrowed(to: bob) == .only(agents: [bob], prefixes: []))
        #expect(AgentScope([AgentPattern]()) == .none && AgentScope.none.isEmpty)
        #expect(!AgentScope.none.contains(bob) && AgentScope.none.narrowed(to: bob).isEmpty)
    }

    @Test("patterns match and read as configured")
    func patterns() throws {
        let bob = try Self.agent("bob")
        #expect(
            AgentPattern.any.matches(bob) && AgentPattern.prefix("bo").matches(bob)
                && AgentPattern.exact(bob).matches(bob))
        #expect(!AgentPattern.prefix("bobb").matches(bob))
        #expect(try !AgentPattern.exact(bob).matches(Self.agent("bobby")))
        #expect([AgentPattern.any, .prefix("a:"), .exact(bob)].map(\.description) == ["*", "a:*", "bob"])
    }
}
