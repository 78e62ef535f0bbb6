import TestSupport

/// Memories as the test knows them, and filters carried out in the plainest way.
struct NaiveModel: Sendable {
    struct Memory: Sendable {
        var id: String
        var agent: String
        /// Microseconds since 1970; all in the year 2026.
        var time: Int
        var tags: Set<String>
        var importance: Int

        /// The record to store.
        var record: String {
            let tags = tags.map { "\"\($0)\"" }.joined(separator: ",")
            let time = WallClock.text(microseconds: time)
            return #"{"id":"\#(id)","agentId":"\#(agent)","context":{},"timestamp":"\#(time)","#
                + #""tags":[\#(tags)],"importance":\#(importance)}"#
        }
    }

    struct Filter: Sendable {
        var agent: String?
        var tags: [String] = []
        var isAll = false
        var start: Bound?
        var end: Bound?
        var minImportance: Int?

        /// A date, or an instant.
        enum Bound: Sendable {
            case day(Int)
            case instant(Int)

            var text: String {
                switch self {
                case .day(let day):
                    String(WallClock.text(microseconds: NaiveModel.start + day * NaiveModel.day).prefix(10))
                case .instant(let instant): WallClock.text(microseconds: instant)
                }
            }
        }

        /// The members of the parameters.
        var members: [String] {
            var members: [String] = []
            if let agent { members.append(#""agentId":"\#(agent)""#) }
            if !tags.isEmpty { members.append(#""tags":[\#(tags.map { "\"\($0)\"" }.joined(separator: ","))]"#) }
            if isAll { members.append(#""tagMode":"all""#) }
            if let start { members.append(#""startDate":"\#(start.text)""#) }
            if let end { members.append(#""endDate":"\#(end.text)""#) }
            if let minImportance { members.append(#""minImportance":\#(minImportance)"#) }
            return members
        }

        func matches(_ memory: Memory) -> Bool {
            if let agent, memory.agent != agent { return false }
            if !tags.isEmpty {
                let isIn = tags.map(memory.tags.contains)
                if isAll ? isIn.contains(false) : !isIn.contains(true) { return false }
            }
            switch start {
            case .day(let day)? where memory.time < NaiveModel.start + day * NaiveModel.day: return false
            case .instant(let instant)? where memory.time < instant: return false
            default: break
            }
            switch end {
            case .day(let day)? where memory.time >= NaiveModel.start + (day + 1) * NaiveModel.day: return false
            case .instant(let instant)? where memory.time > instant: return false
            default: break
            }
            return memory.importance >= minImportance ?? 1
        }
    }

    static let agents = ["alice", "bob", "carol", "team-1", "team-2", "Zoe"]
    static let tags = ["red", "green", "blue", "é", "rare"]

    /// The beginning of 2026, in microseconds, and a day.
    static let start = 1_767_225_600_000_000
    static let day = 86_400_000_000
    private static let days = 10

    var memories: [Memory] = []
    private var generator: SeededGenerator

    init(seed: UInt64, count: Int) {
        generator = SeededGenerator(seed: seed)
        for number in 0..<count {
            var tags = Self.tags.dropLast().filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            if Int.random(in: 0..<40, using: &generator) == 0 { tags.append("rare") }
            memories.append(
                Memory(
                    id: "m\(number * 7_919 % 10_007)", agent: pick(Self.agents), time: time(), tags: Set(tags),
                    importance: Int.random(in: 1...10, using: &generator)))
        }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    /// An instant near the bounds that filters have, so that many memories lie on one.
    private mutating func time() -> Int {
        Self.start + Int.random(in: 0..<Self.days, using: &generator) * Self.day
            + pick([0, 0, 1, Self.day / 2, Self.day - 1])
    }

    /// A filter of any of the parts, each there or not.
    mutating func filter(agents: Bool = true) -> Filter {
        func bound() -> Filter.Bound {
            switch Int.random(in: 0..<2, using: &generator) {
            case 0: .day(Int.random(in: -1...Self.days, using: &generator))
            default: .instant(time())
            }
        }
        var filter = Filter()
        if agents, Bool.random(using: &generator) { filter.agent = pick(Self.agents + ["nobody"]) }
        let tagCount = pick([0, 0, 1, 1, 2, 3])
        filter.tags = (0..<tagCount).map { _ in pick(Self.tags + ["none"]) }
        filter.isAll = Bool.random(using: &generator)
        if pick([true, false, false]) { filter.start = bound() }
        if pick([true, false, false]) { filter.end = bound() }
        if pick([true, false, false]) { filter.minImportance = Int.random(in: 1...10, using: &generator) }
        return filter
    }

    /// A number, for a page's limit.
    mutating func limit() -> Int { pick([1, 3, 10, 50, 100, 1_000]) }

    /// What matches, in the order of query.
    func query(_ filter: Filter) -> [Memory] {
        memories.filter(filter.matches).sorted { ($0.time, $0.id) > ($1.time, $1.id) }
    }

    /// What matches, in the order of insights.
    func insights(_ filter: Filter) -> [Memory] {
        memories.filter(filter.matches).sorted { ($0.importance, $0.time, $0.id) > ($1.importance, $1.time, $1.id) }
    }

    /// How many memories of each agent match.
    func byAgent(_ filter: Filter) -> [String: Int] {
        Dictionary(memories.filter(filter.matches).map { ($0.agent, 1) }, uniquingKeysWith: +)
    }

    /// Tags of what matches that two agents or more have: tag, agents, memories.
    func sharedTags(_ filter: Filter) -> [(tag: String, agents: [String], count: Int)] {
        let matches = memories.filter(filter.matches)
        return Self.tags.map { tag in
            let carriers = matches.filter { $0.tags.contains(tag) }
            let agents = Set(carriers.map(\.agent)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return (tag, agents, carriers.count)
        }
        .filter { $0.agents.count >= 2 }
        .sorted {
            if $0.agents.count != $1.agents.count { return $0.agents.count > $1.agents.count }
            if $0.count != $1.count { return $0.count > $1.count }
            return $0.tag.utf8.lexicographicallyPrecedes($1.tag.utf8)
        }
    }
}
