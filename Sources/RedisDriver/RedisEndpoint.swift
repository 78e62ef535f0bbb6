/// Where a Redis is, and as whom to speak to it.
///
///     unix:///run/redis/redis.sock?db=1      unix://:password@/run/redis/redis.sock
///     redis://localhost                      redis://user:password@[::1]:6380/2
///
/// User, password and path are percent-decoded; `#`, `?`, `/` and `@` in them must be encoded. Without a user the
/// password is the default user's. The port is 6379 and the database 0 unless given.
public struct RedisEndpoint: Sendable, Hashable {
    enum Address: Sendable, Hashable {
        case unix(path: String)
        case tcp(host: String, port: UInt16)
    }

    let address: Address
    /// nil: the default user.
    let user: [UInt8]?
    /// nil: no AUTH is sent.
    let password: [UInt8]?
    /// The number of the database.
    public let database: Int

    /// Reads a URL of the forms above.
    ///
    /// - Throws: what is wrong, without quoting any part of the URL.
    public init(url: String) throws(RedisURLError) { self = try RedisURLParser.endpoint(url) }

    init(address: Address, user: [UInt8]?, password: [UInt8]?, database: Int) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
    }

    /// What each connection begins with: AUTH and SELECT where needed, and a PING, since a server that is stopped takes
    /// connections all the same and one that loads its data refuses work.
    var greeting: [RedisCommand] {
        var commands: [RedisCommand] = []
        if let password { commands.append(RedisCommand([Array("AUTH".utf8)] + (user.map { [$0] } ?? []) + [password])) }
        if database != 0 { commands.append(RedisCommand("SELECT", String(database))) }
        return commands + [RedisCommand("PING")]
    }

    /// An error reply in the handshake, fit for a log. Redis quotes the words of a command that it does not know, AUTH
    /// among them where it was renamed: that answer is not told.
    func describe(handshakeError error: String, at index: Int) -> String {
        guard password != nil, index == 0 else { return "the handshake was refused: \(error)" }
        let isHarmless = ["WRONGPASS ", "ERR AUTH <password> called without "].contains { error.hasPrefix($0) }
        return "the password was refused: \(isHarmless ? error : String(error.prefix { $0 != " " }))"
    }
}

extension RedisEndpoint: CustomStringConvertible, CustomReflectable {
    /// Address and database; neither user nor password.
    public var description: String {
        switch address {
        case .unix(let path): "unix://\(path)?db=\(database)"
        case .tcp(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        }
    }

    /// As `description`: what prints a value by reflection gets no password either.
    public var customMirror: Mirror { Mirror(self, children: ["endpoint": description]) }
}
