import MemoryModel
import Testing

@testable import DaemonConfiguration

@Suite struct AccessRuleParserTests {
    let parser = AccessRuleParser(accounts: Fixture.accounts)

    static let rules: [(text: String, subject: AccessRule.Subject, read: [String], write: [String])] = [
        ("uid:1001 read:alice,team-* write:alice", .uid(1001), ["alice", "team-*"], ["alice"]),
        ("gid:0 read:*", .gid(0), ["*"], []),
        ("user:bob write:a", .uid(1002), [], ["a"]),
        ("group:agents write:shared-* read:*", .gid(2001), ["*"], ["shared-*"]),
        ("  uid:4294967294\tread:a:b@c/d.e_f-9  ", .uid(4_294_967_294), ["a:b@c/d.e_f-9"], []),
    ]

    @Test("rules", arguments: rules)
    func rule(text: String, subject: AccessRule.Subject, read: [String], write: [String]) throws {
        let rule = try parser.rule(text)
        #expect(rule.subject == subject)
        #expect(rule.read.map(\.description) == read)
        #expect(rule.write.map(\.description) == write)
    }

    static let mistakes: [(text: String, message: String)] = [
        ("", "an empty rule"),
        ("alice read:a", "no colon in \"alice\""),
        ("pid:1 read:a", "unknown subject \"pid:1\""),
        ("uid: read:a", "\"\" is no number from 0 to 4294967294"),
        ("uid:+1 read:a", "\"+1\" is no number from 0 to 4294967294"),
        ("gid:4294967295 read:a", "\"4294967295\" is no number from 0 to 4294967294"),
        ("user:eve read:a", "unknown user \"eve\""),
        ("user:broken read:a", "looking up user \"broken\" failed: the directory is down"),
        ("group:bob read:a", "unknown group \"bob\""),
        ("uid:1", "neither read: nor write:"),
        ("uid:1 read:a read:b", "read: twice"),
        ("uid:1 delete:a", "unknown right \"delete:a\""),
        ("uid:1 read:", "\"\" is no agent id, prefix* or *"),
        ("uid:1 read:a,,b", "\"\" is no agent id, prefix* or *"),
        ("uid:1 read:a, b", "\"\" is no agent id, prefix* or *"),
        ("uid:1 read:-a", "\"-a\" is no agent id, prefix* or *"),
        ("uid:1 read:a*b", "\"a*b\" is no agent id, prefix* or *"),
        ("uid:1 read:**", "\"**\" is no agent id, prefix* or *"),
        ("uid:1 read:é", "\"é\" is no agent id, prefix* or *"),
    ]

    @Test("texts that are no rules", arguments: mistakes)
    func mistake(text: String, message: String) {
        let failure = #expect(throws: AccessRuleParser.Failure.self) { try parser.rule(text) }
        #expect(failure?.message == message)
    }

    @Test("the system's users and groups")
    func system() {
        #expect(AccountDirectory.system.user("root") == .found(0))
        #expect(AccountDirectory.system.group("root") == .found(0))
        #expect(AccountDirectory.system.user("no such user") == .missing)
        #expect(AccountDirectory.system.group("no such group") == .missing)
    }

    @Test("a group's name wins over its number")
    func groupNumbers() throws {
        #expect(try Fixture.load(yaml: "socket.group: 1234").socket.group == 77)
        #expect(try Fixture.load(yaml: "socket.group: 1235").socket.group == 1235)
        #expect(try Fixture.load(yaml: "socket.group: agents").socket.group == 2001)
        #expect(try Fixture.load(yaml: "socket.group: ''").socket.group == nil)
    }
}
