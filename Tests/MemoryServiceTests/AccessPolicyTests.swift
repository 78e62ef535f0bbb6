import MemoryModel
import MemoryService
import Testing

@Suite("Who may do what")
struct AccessPolicyTests {
    private static let daemonUser: UInt32 = 990
    private static let adminGroup: UInt32 = 50

    private static func peer(uid: UInt32, gid: UInt32 = 1, groups: [UInt32] = []) -> Peer {
        Peer(uid: uid, gid: gid, pid: 7, supplementaryGroups: groups)
    }

    private static let bob = AgentPattern.prefix("bob")
    private static let amy = AgentPattern.prefix("amy")

    static let withoutRules: [(peer: Peer, isAdministrator: Bool)] = [
        (peer(uid: 0), true), (peer(uid: daemonUser), true), (peer(uid: 1_000), false),
        (peer(uid: 1_000, gid: adminGroup), true), (peer(uid: 1_000, groups: [3, adminGroup]), true),
        (peer(uid: 1_000, gid: 3, groups: [4]), false), (peer(uid: adminGroup), false), (peer(uid: 65_534), false),
    ]

    @Test("without rules everyone may act for every agent", arguments: withoutRules)
    func everyone(peer: Peer, isAdministrator: Bool) {
        let caller = AccessPolicy(rules: [], administratorGroup: Self.adminGroup, daemonUser: Self.daemonUser).caller(
            for: peer)
        #expect(caller.readable == .all && caller.writable == .all && caller.peer == peer)
        #expect(caller.isAdministrator == isAdministrator)
    }

    @Test("without an admin group only root and the daemon's own user administer")
    func noAdminGroup() {
        let policy = AccessPolicy(rules: [], administratorGroup: nil, daemonUser: Self.daemonUser)
        #expect(policy.caller(for: Self.peer(uid: 0)).isAdministrator)
        #expect(policy.caller(for: Self.peer(uid: Self.daemonUser)).isAdministrator)
        #expect(!policy.caller(for: Self.peer(uid: 1_000, gid: 0, groups: [0])).isAdministrator)
    }

    private static let rules = [
        AccessRule(subject: .uid(1_000), read: [bob, amy], write: [bob]),
        AccessRule(subject: .gid(30), read: [amy], write: [amy]),
        AccessRule(subject: .uid(1_003), read: [.any], write: []),
        AccessRule(subject: .uid(1_004), read: [], write: [.any]),
        AccessRule(subject: .uid(1_005), read: [], write: []),
        AccessRule(subject: .uid(0), read: [bob], write: []),
        AccessRule(subject: .gid(adminGroup), read: [amy], write: []),
    ]

    private static func scope(_ patterns: AgentPattern...) -> AgentScope { AgentScope(patterns) }

    static let withRules: [(peer: Peer, readable: AgentScope, writable: AgentScope, isAdministrator: Bool)] = [
        (peer(uid: 1_000), scope(bob, amy), scope(bob), false),
        (peer(uid: 1_001, gid: 30), scope(amy), scope(amy), false),
        (peer(uid: 1_001, groups: [29, 30]), scope(amy), scope(amy), false),
        // Rules add up.
        (peer(uid: 1_000, gid: 30), scope(bob, amy), scope(bob, amy), false),
        (peer(uid: 1_003), .all, .none, false), (peer(uid: 1_004), .none, .all, false),
        (peer(uid: 1_005), .none, .none, false),
        (peer(uid: 1_003, groups: [30]), .all, scope(amy), false),
        // A user's number is no group's.
        (peer(uid: 30), .none, .none, false), (peer(uid: 1_002, gid: 1_000), .none, .none, false),
        (peer(uid: 1_002), .none, .none, false),
        // Root is bound when a rule names it; the daemon's own user is not.
        (peer(uid: 0), scope(bob), .none, true), (peer(uid: daemonUser), .all, .all, true),
        (peer(uid: 1_002, groups: [adminGroup]), scope(amy), .none, true),
    ]

    @Test("with rules a peer may do what they add up to", arguments: withRules)
    func rules(peer: Peer, readable: AgentScope, writable: AgentScope, isAdministrator: Bool) {
        let caller = AccessPolicy(rules: Self.rules, administratorGroup: Self.adminGroup, daemonUser: Self.daemonUser)
            .caller(for: peer)
        #expect(caller.readable == readable)
        #expect(caller.writable == writable)
        #expect(caller.isAdministrator == isAdministrator)
    }

    @Test("with rules that do not name it, root may do everything")
    func rootUnnamed() {
        let rules = [AccessRule(subject: .uid(1_000), read: [Self.bob], write: [])]
        let caller = AccessPolicy(rules: rules, administratorGroup: nil, daemonUser: Self.daemonUser).caller(
            for: Self.peer(uid: 0))
        #expect(caller.readable == .all && caller.writable == .all && caller.isAdministrator)
    }
}
