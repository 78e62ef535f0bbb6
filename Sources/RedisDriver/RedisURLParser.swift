/// Reads the URL of a Redis. Not Foundation's parser: that one repairs what it cannot read.
enum RedisURLParser {
    typealias Credentials = (user: [UInt8]?, password: [UInt8]?)

    static func endpoint(_ url: String) throws(RedisURLError) -> RedisEndpoint {
        guard let colon = url.firstRange(of: "://") else {
            throw RedisURLError("a Redis URL begins with unix:// or redis://")
        }
        let rest = url[colon.upperBound...]
        guard !rest.contains("#") else { throw RedisURLError("a # in a Redis URL must be written %23") }
        switch url[..<colon.lowerBound].lowercased() {
        case "unix": return try unix(rest)
        case "redis": return try tcp(rest)
        case "rediss": throw RedisURLError("Redis over TLS (rediss) is not supported: use unix:// or redis://")
        default: throw RedisURLError("the scheme of a Redis URL must be unix or redis")
        }
    }

    private static func unix(_ rest: Substring) throws(RedisURLError) -> RedisEndpoint {
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (authority, path) = split(parts[0])
        let (credentials, host) = try credentials(authority)
        guard host.isEmpty, path.utf8.count > 1 else {
            throw RedisURLError("a unix:// URL needs an absolute path: unix:///path/to.sock")
        }
        let bytes = try decode(path, "the path")
        guard !bytes.contains(0), bytes.count <= RedisLimits.socketPathBytes,
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw RedisURLError("the path of a Unix socket is UTF-8 of at most \(RedisLimits.socketPathBytes) bytes")
        }
        var database = 0
        if parts.count == 2 {
            guard parts[1].hasPrefix("db=") else {
                throw RedisURLError("a unix:// URL takes one parameter, db: unix:///path/to.sock?db=1")
            }
            database = try self.database(parts[1].dropFirst(3))
        }
        return RedisEndpoint(
            address: .unix(path: text), user: credentials.user, password: credentials.password, database: database)
    }

    private static func tcp(_ rest: Substring) throws(RedisURLError) -> RedisEndpoint {
        guard !rest.contains("?") else {
            throw RedisURLError("a redis:// URL takes no parameters: the database is its path, as in redis://host/1")
        }
        let (authority, path) = split(rest)
        let (credentials, place) = try credentials(authority)
        let (host, port) = try hostAndPort(place)
        let database = path.utf8.count <= 1 ? 0 : try self.database(path.dropFirst())
        return RedisEndpoint(
            address: .tcp(host: host, port: port), user: credentials.user, password: credentials.password,
            database: database)
    }

    /// What comes before the first slash, and the rest with it.
    private static func split(_ text: Substring) -> (authority: Substring, path: Substring) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        return (text[..<slash], text[slash...])
    }

    private static func credentials(_ authority: Substring) throws(RedisURLError) -> (Credentials, host: Substring) {
        let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw RedisURLError("an @ in a user or password must be written %40") }
        guard parts.count == 2 else { return ((nil, nil), authority) }
        let words = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = try decode(words[0], "the user")
        guard words.count == 2 else {
            guard user.isEmpty else {
                throw RedisURLError("a user without a password: write user:password@ or :password@")
            }
            return ((nil, nil), parts[1])
        }
        let password = try decode(words[1], "the password")
        if user.isEmpty { return ((nil, password.isEmpty ? nil : password), parts[1]) }
        return ((user, password), parts[1])
    }

    private static func hostAndPort(_ place: Substring) throws(RedisURLError) -> (String, UInt16) {
        var host = place
        var port: Substring?
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { throw RedisURLError("the host lacks its closing ]") }
            host = place[place.index(after: place.startIndex)..<end]
            let tail = place[place.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw RedisURLError("after ] a Redis URL may have :port") }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = place.firstIndex(of: ":") {
            host = place[..<colon]
            port = place[place.index(after: colon)...]
        }
        let allowed: (Character) -> Bool = { character in
            character.isASCII && (character.isLetter || character.isNumber || ".-_:".contains(character))
        }
        guard !host.isEmpty, host.allSatisfy(allowed) else { throw RedisURLError("a redis:// URL needs a host name") }
        guard let port else { return (String(host), 6379) }
        guard let number = number(port).flatMap({ UInt16(exactly: $0) }), number > 0 else {
            throw RedisURLError("the port must be a number from 1 to 65535")
        }
        return (String(host), number)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = number(text), number <= Int(Int32.max) else {
            throw RedisURLError("the database must be a number, 0 or more")
        }
        return number
    }

    /// Digits only: no sign, no blanks.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    private static func decode(_ text: Substring, _ what: String) throws(RedisURLError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw RedisURLError("\(what) has a % that is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
