/// A PostgreSQL connection string, taken apart just far enough to know what of it is secret.
///
/// Follows libpq's own two parsers, `conninfo_uri_parse_options` and `conninfo_parse` (PostgreSQL manual, section
/// 34.1.1), because redaction that reads a string differently than libpq does could show what libpq takes for a
/// password.
struct ConnectionString: Equatable {
    /// The string with each password replaced by `***`.
    let redacted: String

    /// nil when libpq would not read the text as a connection string.
    init?(_ text: String) {
        let uriSchemes = ["postgresql://", "postgres://"]
        let redacted =
            if let scheme = uriSchemes.first(where: text.hasPrefix) {
                Self.redactURI(scheme: scheme, rest: text.dropFirst(scheme.count))
            } else {
                Self.redactKeywords(text)
            }
        guard let redacted else { return nil }
        self.redacted = redacted
    }

    private static let placeholder = "***"

    /// libpq's parameters that hold a secret.
    private static func isSecret(_ keyword: some StringProtocol) -> Bool {
        ["password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"].contains(
            keyword.lowercased())
    }

    /// Redacts `[user[:password]@][host[:port],…][/database][?name=value&…]`.
    private static func redactURI(scheme: String, rest: Substring) -> String? {
        var result = scheme
        var rest = rest
        // As in libpq, credentials end at the first @, if that comes before the first slash.
        if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
            let credentials = rest[..<end]
            if let colon = credentials.firstIndex(of: ":") {
                result += credentials[...colon] + placeholder
            } else {
                result += credentials
            }
            result += "@"
            rest = rest[rest.index(after: end)...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard authority.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isHost) else { return nil }
        let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        guard !path.contains("@") else { return nil }
        result += authority + path
        let query = rest.dropFirst(authority.count + path.count)
        guard let redactedQuery = redactQuery(query) else { return nil }
        return result + redactedQuery
    }

    /// `host`, `host:port`, `[address]` or `[address]:port`. An @ or a port that is no number is most often a password
    /// with characters that must be percent-encoded, which must not be shown.
    private static func isHost(_ text: Substring) -> Bool {
        guard !text.contains("@") else { return false }
        var afterHost: Substring
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return false }
            afterHost = text[text.index(after: close)...]
        } else {
            afterHost = text.drop { $0 != ":" }
        }
        if afterHost.isEmpty { return true }
        guard afterHost.removeFirst() == ":" else { return false }
        return afterHost.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func redactQuery(_ query: Substring) -> String? {
        guard !query.isEmpty else { return "" }
        var parts: [String] = []
        for part in query.dropFirst().split(separator: "&", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "=") else {
                if part.isEmpty { continue }
                return nil
            }
            guard let name = percentDecoded(part[..<equals]) else { return nil }
            parts.append(isSecret(name) ? part[...equals] + placeholder : String(part))
        }
        return "?" + parts.joined(separator: "&")
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let decoded = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension ConnectionString {
    /// Redacts `keyword = value` pairs; a value may stand in single quotes, and a backslash escapes a character.
    private static func redactKeywords(_ text: String) -> String? {
        var result = ""
        var rest = text[...]
        while true {
            result += take(&rest, while: \.isConninfoSpace)
            guard !rest.isEmpty else { return result }
            let keyword = take(&rest) { $0 != "=" && !$0.isConninfoSpace }
            var equals = take(&rest, while: \.isConninfoSpace)
            guard !keyword.isEmpty, rest.popFirst() == "=" else { return nil }
            equals += "=" + take(&rest, while: \.isConninfoSpace)
            guard let value = takeValue(&rest) else { return nil }
            // A closing quote also separates: 'a'port=1 are two pairs.
            let hidden = value.first == "'" ? "'\(placeholder)'" : placeholder
            result += keyword + equals + (isSecret(keyword) ? hidden : value)
        }
    }

    private static func take(_ rest: inout Substring, while isPart: (Character) -> Bool) -> Substring {
        let part = rest.prefix(while: isPart)
        rest = rest.dropFirst(part.count)
        return part
    }

    /// A value as it is written, quotes and backslashes included; nil when its quote is never closed.
    private static func takeValue(_ rest: inout Substring) -> String? {
        let isQuoted = rest.first == "'"
        var value = isQuoted ? String(rest.removeFirst()) : ""
        while let character = rest.first {
            if !isQuoted && character.isConninfoSpace { return value }
            value.append(rest.removeFirst())
            if character == "\\", let escaped = rest.popFirst() { value.append(escaped) }
            if isQuoted && character == "'" { return value }
        }
        return isQuoted ? nil : value
    }
}

extension Character {
    /// What C's `isspace` takes for white space.
    fileprivate var isConninfoSpace: Bool { [" ", "\t", "\n", "\r", "\r\n", "\u{0B}", "\u{0C}"].contains(self) }
}
