import Testing

@testable import RedisDriver

/// The URLs of a Redis, as a table.
@Suite struct EndpointTests {
    private static func unix(
        _ path: String, user: String? = nil, password: String? = nil, database: Int = 0
    ) -> RedisEndpoint {
        RedisEndpoint(
            address: .unix(path: path), user: user.map { Array($0.utf8) }, password: password.map { Array($0.utf8) },
            database: database)
    }

    private static func tcp(
        _ host: String, _ port: UInt16 = 6379, user: String? = nil, password: String? = nil, database: Int = 0
    ) -> RedisEndpoint {
        RedisEndpoint(
            address: .tcp(host: host, port: port), user: user.map { Array($0.utf8) },
            password: password.map { Array($0.utf8) }, database: database)
    }

    private static let good: [(String, RedisEndpoint)] = [
        ("unix:///run/redis.sock", unix("/run/redis.sock")), ("UNIX:///a", unix("/a")),
        ("unix:///run/redis.sock?db=1", unix("/run/redis.sock", database: 1)),
        ("unix:///a%20b%3F/%C3%A9?db=0", unix("/a b?/é")),
        ("unix://:pass@/a", unix("/a", password: "pass")),
        ("unix://user:pass@/a?db=7", unix("/a", user: "user", password: "pass", database: 7)),
        ("unix:///a@b:c", unix("/a@b:c")), ("redis://localhost", tcp("localhost")),
        ("redis://localhost/", tcp("localhost")), ("redis://10.0.0.1:6380/15", tcp("10.0.0.1", 6380, database: 15)),
        ("redis://[::1]", tcp("::1")), ("redis://[::1]:1/2", tcp("::1", 1, database: 2)),
        ("redis://:p%40%3A%2f%25@h:65535", tcp("h", 65535, password: "p@:/%")),
        ("redis://us%65r:pa:ss@h", tcp("h", user: "user", password: "pa:ss")),
        ("redis://user:@h", tcp("h", user: "user", password: "")), ("redis://:@h", tcp("h")),
        ("redis://@h", tcp("h")),
    ]

    @Test(arguments: good) func isRead(url: String, expected: RedisEndpoint) throws {
        #expect(try RedisEndpoint(url: url) == expected)
    }

    @Test(arguments: [
        "", "secret", "/run/secret.sock", "rediss://:secret@h", "http://:secret@h", "secret://h", "unix://", "unix:///",
        "unix://secret/a", "unix:///secret?db=-1", "unix:///secret?db=", "unix:///secret?db=1&x=2",
        "unix:///secret?x=1",
        "unix:///secret?", "unix:///secret%00", "unix:///secret%", "unix:///secret%zz", "unix:///secret%f",
        "unix:///secret%ff", "unix:///" + String(repeating: "s", count: 107), "redis://", "redis:///1", "redis://:6379",
        "redis://h:0", "redis://h:65536", "redis://h:secret", "redis://h:+1", "redis://h:", "redis://h/secret",
        "redis://h/-1", "redis://h/1/2", "redis://h/2147483648", "redis://h?db=1", "redis://secret@h",
        "redis://a:sec@ret@h", "redis://:sec/ret@h", "redis://:secret#@h", "redis://:sec%ret@h", "redis://[::1",
        "redis://[::1]secret", "redis://sec ret", "redis://sec%72et", "redis://::1",
    ]) func isRefusedWithoutQuotingIt(url: String) throws {
        let error = #expect(throws: RedisURLError.self) { try RedisEndpoint(url: url) }
        let text = try #require(error).description
        for part in ["secret", "sec", "ret", "http"] { #expect(!text.contains(part)) }
        #expect(!text.isEmpty)
    }

    @Test func tlsIsRefusedByName() throws {
        let error = #expect(throws: RedisURLError.self) { try RedisEndpoint(url: "rediss://h") }
        #expect(try #require(error).description.contains("rediss"))
    }

    @Test func noWayOfPrintingShowsThePassword() throws {
        let endpoint = try RedisEndpoint(url: "redis://someone:secret@[::1]:6380/2")
        #expect(endpoint.description == "redis://[::1]:6380/2")
        var dumped = ""
        dump(RedisClientConfiguration(endpoint: endpoint), to: &dumped)
        let bytes = "\(Array("secret".utf8))"
        for text in [
            "\(endpoint)", String(reflecting: endpoint), dumped, "\(RedisClientConfiguration(endpoint: endpoint))",
        ] {
            #expect(!text.contains("secret") && !text.contains(bytes) && !text.contains("115"))
        }
        #expect(try RedisEndpoint(url: "unix://:secret@/a?db=1").description == "unix:///a?db=1")
    }

    @Test func theGreeting() throws {
        let ping = RedisCommand("PING")
        #expect(try RedisEndpoint(url: "unix:///a").greeting == [ping])
        #expect(
            try RedisEndpoint(url: "unix://:p@/a?db=2").greeting
                == [RedisCommand("AUTH", "p"), RedisCommand("SELECT", "2"), ping])
        #expect(try RedisEndpoint(url: "redis://u:p@h").greeting == [RedisCommand("AUTH", "u", "p"), ping])
    }
}
