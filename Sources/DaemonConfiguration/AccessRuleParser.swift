import MemoryModel

/// Reads access rules: `SUBJECT read:AGENTS write:AGENTS`.
///
/// The subject is `uid:N`, `gid:N`, `user:NAME` or `group:NAME`. `read:` and `write:` may each be there once, at least
/// one of them. AGENTS are agent ids separated by commas: exact (`alice`), a beginning (`team-*`), or all (`*`).
struct AccessRuleParser: Sendable {
    /// Why a text is no rule.
    struct Failure: Error, Equatable {
        let kind: ConfigurationError.Kind
        let message: String

        init(_ kind: ConfigurationError.Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }

        init(_ message: String) { self.init(.badValue, message) }
    }

    /// Where the names of users and groups are looked up.
    let accounts: AccountDirectory

    /// Reads one rule.
    func rule(_ text: String) throws(Failure) -> AccessRule {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { throw Failure("an empty rule") }
        let subject = try subject(first)
        var read: [AgentPattern]?
        var write: [AgentPattern]?
        for word in words.dropFirst() {
            let (name, agents) = try halves(word)
            switch name {
            case "read" where read == nil: read = try patterns(agents)
            case "write" where write == nil: write = try patterns(agents)
            case "read", "write": throw Failure("\(name): twice")
            default: throw Failure("unknown right \(ScalarText.excerpt(String(word)))")
            }
        }
        guard read != nil || write != nil else { throw Failure("neither read: nor write:") }
        return AccessRule(subject: subject, read: read ?? [], write: write ?? [])
    }

    private func subject(_ word: Substring) throws(Failure) -> AccessRule.Subject {
        let (kind, name) = try halves(word)
        let text = String(name)
        switch kind {
        case "uid": return .uid(try number(text))
        case "gid": return .gid(try number(text))
        case "user": return .uid(try account("user", text, accounts.user))
        case "group": return .gid(try account("group", text, accounts.group))
        default: throw Failure("unknown subject \(ScalarText.excerpt(String(word)))")
        }
    }

    /// Splits at the first colon, since agent ids may hold more.
    private func halves(_ word: Substring) throws(Failure) -> (Substring, Substring) {
        guard let colon = word.firstIndex(of: ":") else {
            throw Failure("no colon in \(ScalarText.excerpt(String(word)))")
        }
        return (word[..<colon], word[word.index(after: colon)...])
    }

    private func number(_ text: String) throws(Failure) -> UInt32 {
        guard let number = Self.accountNumber(text) else {
            throw Failure("\(ScalarText.excerpt(text)) is no number from 0 to \(UInt32.max - 1)")
        }
        return number
    }

    /// A uid or gid in decimal. The highest is none: it stands for "unchanged" in chown(2).
    static func accountNumber(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }

    private func account(_ kind: String, _ name: String, _ lookUp: (String) -> AccountDirectory.Answer)
        throws(Failure) -> UInt32
    {
        switch lookUp(name) {
        case .found(let number): return number
        case .missing: throw Failure(.unknownAccount, "unknown \(kind) \(ScalarText.excerpt(name))")
        case .failed(let reason):
            throw Failure(.unknownAccount, "looking up \(kind) \(ScalarText.excerpt(name)) failed: \(reason)")
        }
    }

    private func patterns(_ list: Substring) throws(Failure) -> [AgentPattern] {
        var patterns: [AgentPattern] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            patterns.append(try pattern(part))
        }
        return patterns
    }

    private func pattern(_ text: Substring) throws(Failure) -> AgentPattern {
        if text == "*" { return .any }
        let isPrefix = text.last == "*"
        // Whatever an agent id may begin with is an agent id itself.
        guard let agent = AgentID(String(isPrefix ? text.dropLast() : text)) else {
            throw Failure("\(ScalarText.excerpt(String(text))) is no agent id, prefix* or *")
        }
        return isPrefix ? .prefix(agent.value) : .exact(agent)
    }
}
