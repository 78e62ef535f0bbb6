import Scheduling
import RedisDriver

/// From the text of one source to a checked value.
extension ConfigurationKey {
    /// Checks what a source gives for this key.
    ///
    /// - Throws: every mistake found in it.
    func value(of content: ConfigurationEntry.Content, accounts: AccountDirectory) throws(ConfigurationErrors)
        -> ConfigurationValue
    {
        switch content {
        case .scalar(let item):
            guard !isList else { throw mistake(.badValue, item, "got \(shown(item.text)); allowed: a list") }
            return try scalarValue(item, accounts: accounts)
        case .list(let items, let source):
            guard isList else {
                throw ConfigurationErrors(
                    .init(.badValue, key: name, source, "got a list; allowed: \(allowedDescription)"))
            }
            return try rulesValue(items, accounts: accounts)
        }
    }

    /// The text as it may be shown: a secret one only with its passwords redacted.
    func shown(_ text: String) -> String {
        guard isSecret else { return ScalarText.excerpt(text) }
        return redacted(text).map(ScalarText.excerpt) ?? "a secret value that is not shown"
    }

    /// A secret text without its passwords; nil when it can't be told what of it is one.
    func redacted(_ text: String) -> String? {
        guard type == .redisURL else { return ConnectionString(text)?.redacted }
        guard (try? RedisEndpoint(url: text)) != nil else { return text.isEmpty ? text : nil }
        // In a good URL the first @ ends the credentials, in which the first colon begins the password.
        guard let end = text.firstIndex(of: "@"), let scheme = text.firstRange(of: "://"),
            let colon = text[scheme.upperBound..<end].firstIndex(of: ":")
        else { return text }
        return text[...colon] + "***" + text[end...]
    }

    private func scalarValue(_ item: ConfigurationEntry.Item, accounts: AccountDirectory)
        throws(ConfigurationErrors) -> ConfigurationValue
    {
        let text = item.text
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw mistake(.badValue, item, "got control characters; allowed: \(allowedDescription)")
        }
        let bad = mistake(.badValue, item, "got \(shown(text)); allowed: \(allowedDescription)")
        switch type {
        case .user:
            guard !text.isEmpty else { throw bad }
            return .text(text)
        case .path:
            return .text(text)
        case .connectionString:
            guard ConnectionString(text) != nil else { throw bad }
            return .text(text)
        case .redisURL:
            return .text(try redisURL(item))
        case .prefix(let maximum):
            guard text.utf8.count <= maximum, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw bad }
            // With these, one store's names could be another's.
            guard !["memory:", "cache:"].contains(where: text.hasPrefix) else { throw bad }
            return .text(text)
        case .name(let maximum):
            guard text.utf8.count <= maximum, text.utf8.allSatisfy(Self.isOfName) else { throw bad }
            return .text(text)
        case .choice(let words):
            guard words.contains(text) else { throw bad }
            return .text(text)
        case .schedule:
            guard let schedule = Schedule(text) else { throw bad }
            return .text(schedule.description)
        case .integer(let range):
            guard Self.isDecimal(text) else { throw bad }
            guard let number = Int(text), range.contains(number) else {
                throw mistake(.outOfRange, item, "got \(ScalarText.excerpt(text)); allowed: \(allowedDescription)")
            }
            return .integer(number)
        case .octal(let range):
            guard let mode = Self.octal(text) else { throw bad }
            guard range.contains(mode) else {
                throw mistake(.outOfRange, item, "got \(shown(text)); allowed: \(allowedDescription)")
            }
            return .octal(mode)
        case .group:
            return .group(text, try groupNumber(item, accounts: accounts))
        case .rules:
            throw bad
        }
    }

    private func redisURL(_ item: ConfigurationEntry.Item) throws(ConfigurationErrors) -> String {
        guard !item.text.isEmpty else { return "" }
        do throws(RedisURLError) {
            _ = try RedisEndpoint(url: item.text)
        } catch {
            throw mistake(.badValue, item, "\(error); allowed: \(allowedDescription)")
        }
        return item.text
    }

    private func rulesValue(_ items: [ConfigurationEntry.Item], accounts: AccountDirectory)
        throws(ConfigurationErrors) -> ConfigurationValue
    {
        let parser = AccessRuleParser(accounts: accounts)
        var errors: [ConfigurationError] = []
        var rules: [ConfigurationValue.Rule] = []
        for (index, item) in items.enumerated() {
            do throws(AccessRuleParser.Failure) {
                rules.append(.init(text: item.text, rule: try parser.rule(item.text)))
            } catch {
                errors.append(
                    .init(
                        error.kind, key: "\(name)[\(index)]", item.source,
                        "\(error.message) in \(ScalarText.excerpt(item.text)); allowed: \(allowedDescription)"))
            }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        return .rules(rules)
    }

    /// A name that looks like a number is first looked up as a name, as chgrp(1) does.
    private func groupNumber(_ item: ConfigurationEntry.Item, accounts: AccountDirectory)
        throws(ConfigurationErrors) -> UInt32?
    {
        guard !item.text.isEmpty else { return nil }
        switch accounts.group(item.text) {
        case .found(let number):
            return number
        case .missing:
            guard Self.isDecimal(item.text), let number = AccessRuleParser.accountNumber(item.text) else {
                throw mistake(
                    .unknownAccount, item, "unknown group \(shown(item.text)); allowed: \(allowedDescription)")
            }
            return number
        case .failed(let reason):
            throw mistake(.unknownAccount, item, "looking up group \(shown(item.text)) failed: \(reason)")
        }
    }

    private func mistake(_ kind: ConfigurationError.Kind, _ item: ConfigurationEntry.Item, _ message: String)
        -> ConfigurationErrors
    {
        ConfigurationErrors(.init(kind, key: name, item.source, message))
    }

    private static func isDecimal(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Three or four octal digits, also in YAML 1.2's spelling `0o660`.
    private static func octal(_ text: String) -> Int? {
        let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text[...]
        guard (3...4).contains(digits.utf8.count), digits.allSatisfy(\.isWholeNumber) else { return nil }
        return Int(digits, radix: 8)
    }
}
