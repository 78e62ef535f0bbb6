import MemoryModel
import MemoryService
import Testing

@testable import RedisCache

/// Names and values as they stand in Redis.
@Suite struct EntryTests {
    private static let epoch = Array("0123456789abcdef0123456789abcdef".utf8)
    private static let otherEpoch = Array("0123456789abcdef0123456789abcdee".utf8)

    private static func agent(_ name: String) throws -> AgentID { try #require(AgentID(name)) }
    private static func tag(_ name: String) throws -> MemoryModel.Tag {
        let tag = MemoryModel.Tag(name)
        return try #require(tag)
    }
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func aMemoryComesBackInItsEpochOnly() throws {
        let expiry = Timestamp(microseconds: 1_800_000_000_000_001)
        for answer in try [
            CachedAnswer(members: Array(#""memory":null"#.utf8)),
            CachedAnswer(members: [0, 255], agentID: Self.agent("a"), firstExpiry: expiry),
            CachedAnswer(members: [], agentID: Self.agent(String(repeating: "x", count: 128)), firstExpiry: .earliest),
        ] {
            let entry = CacheEntry.memory(answer, epoch: Self.epoch)
            #expect(CacheEntry.memory(in: entry, epoch: Self.epoch) == answer)
            #expect(CacheEntry.memory(in: entry, epoch: Self.otherEpoch) == nil)
            #expect(!CacheEntry.isLease(entry))
            for length in 0..<min(entry.count, 42) {
                #expect(CacheEntry.memory(in: Array(entry.prefix(length)), epoch: Self.epoch) == nil)
            }
        }
    }

    @Test func aQueryComesBackUnderItsStampAndForItsTextOnly() {
        let answer = CachedAnswer(members: Array(#""count":3"#.utf8), firstExpiry: .latest)
        let entry = CacheEntry.query(answer, stamp: Self.epoch, json: [1, 2])
        #expect(CacheEntry.query(in: entry, stamp: Self.epoch, json: [1, 2]) == answer)
        #expect(CacheEntry.query(in: entry, stamp: Self.otherEpoch, json: [1, 2]) == nil)
        #expect(CacheEntry.query(in: entry, stamp: Self.epoch + Self.epoch, json: [1, 2]) == nil)
        #expect(CacheEntry.query(in: entry, stamp: Self.epoch, json: [1, 3]) == nil)
        #expect(CacheEntry.query(in: Array(entry.prefix(20)), stamp: Self.epoch, json: [1, 2]) == nil)
    }

    @Test func leasesAndTokensAreDistinct() {
        let leases = Set((0..<100).map { _ in CacheEntry.lease(CacheEntry.readLease) })
        #expect(leases.count == 100 && leases.allSatisfy(CacheEntry.isLease))
        #expect(CacheToken.make().count == CacheToken.length)
    }

    @Test func namesAreTheOwners() throws {
        let names = CacheNames(prefix: "p:")
        let id = try #require(MemoryID("query"))
        #expect(Self.text(names.memory(id)) == "p:memory:query")
        #expect(Self.text(names.generation(.agent(try Self.agent("a/b")))) == "p:memory:query:agent:a/b")
        #expect(Self.text(names.generation(.tag(try Self.tag("ein Tag")))) == "p:memory:query:tag:ein Tag")
        #expect(Self.text(names.hits) == "p:cache:hits" && Self.text(names.misses) == "p:cache:misses")
    }

    @Test func equalReadsHaveOneText() throws {
        let filter = try MemoryFilter(
            agentID: Self.agent("a"), tags: [Self.tag("t"), Self.tag("u")], tagMode: .all, minimumImportance: 7)
        let key = QueryKey(CachedQuery(method: .query, filter: filter, limit: 10, scope: .all))
        let text = #"{"method":"query","agentId":"a","tags":["t","u"],"tagMode":"all","minImportance":7,"limit":10}"#
        #expect(Self.text(key.json) == text && key.name == text)
        // Whoever may read the one agent asked for sees the same.
        let bound = try AgentScope.only(agents: [Self.agent("a"), Self.agent("b")], prefixes: [])
        #expect(QueryKey(CachedQuery(method: .query, filter: filter, limit: 10, scope: bound)) == key)
        let foreign = try AgentScope.only(agents: [Self.agent("b")], prefixes: [])
        #expect(QueryKey(CachedQuery(method: .query, filter: filter, limit: 10, scope: foreign)) != key)
    }

    @Test func differentReadsHaveDifferentTexts() throws {
        let id = try #require(MemoryID("m"))
        let position = PagePosition(timestamp: .earliest, id: id)
        let agents = try AgentScope.only(agents: [Self.agent("a")], prefixes: [])
        let queries = try [
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 10, scope: .all),
            CachedQuery(method: .insights, filter: MemoryFilter(), limit: 10, scope: .all),
            CachedQuery(method: .count, filter: MemoryFilter(), scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 11, scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 10, position: position, scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 10, scope: agents),
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 10, scope: .only(agents: [], prefixes: ["a"])),
            CachedQuery(method: .query, filter: MemoryFilter(), limit: 10, scope: .none),
            CachedQuery(method: .query, filter: MemoryFilter(start: .earliest), limit: 10, scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(end: .earliest), limit: 10, scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(tags: [Self.tag("t")]), limit: 10, scope: .all),
            // The cursors of these belong to each alone.
            CachedQuery(
                method: .query, filter: MemoryFilter(tags: [Self.tag("t")], tagMode: .all), limit: 10, scope: .all),
            CachedQuery(method: .query, filter: MemoryFilter(minimumImportance: 1), limit: 10, scope: .all),
        ]
        #expect(Set(queries.map { QueryKey($0).json }).count == queries.count)
    }

    @Test func aLongTextIsHashedInItsName() throws {
        let tags = try (0..<40).map { try Self.tag(String(repeating: "t", count: 20) + "\($0)") }
        let key = QueryKey(CachedQuery(method: .query, filter: MemoryFilter(tags: tags), limit: 10, scope: .all))
        #expect(key.json.count > QueryKey.maximumNameBytes && key.name.hasPrefix("hash:") && key.name.utf8.count < 30)
    }

    /// A write changes the generation of every answer that it may change.
    @Test func everyReadDependsOnWhatAWriteChanges() throws {
        let (a, t, u) = (try Self.agent("a"), try Self.tag("t"), try Self.tag("u"))
        let changed = Generation.changed(at: [MemoryPlace(agentID: a, tags: [t, u])])
        #expect(changed == [.everyone, .agent(a), .tag(t), .tag(u)])
        #expect(Generation.changed(at: []).isEmpty)
        let filters = [
            MemoryFilter(), MemoryFilter(agentID: a), MemoryFilter(tags: [t]),
            MemoryFilter(tags: [t, u], tagMode: .all),
            MemoryFilter(agentID: a, tags: [u]), MemoryFilter(tags: [t, u]),
        ]
        for filter in filters { #expect(!Set(changed).isDisjoint(with: Generation.needed(by: filter))) }
        // With any of several tags, a memory that has one of them matches.
        #expect(Generation.needed(by: MemoryFilter(tags: [t, u])) == [.tag(t), .tag(u)])
    }
}
