import Testing

@testable import DaemonConfiguration

@Suite struct ConnectionStringTests {
    @Test(
        "a Redis URL is shown without its password",
        arguments: [
            ("redis://u:secret@h:1/2", "redis://u:***@h:1/2"),
            ("unix://:secret@/s.sock?db=1", "unix://:***@/s.sock?db=1"),
            ("redis://h:1", "redis://h:1"), ("unix:///run/a:b.sock", "unix:///run/a:b.sock"), ("", ""),
        ])
    func redisURL(text: String, shown: String) {
        #expect(ConfigurationKeys.redisURL.redacted(text) == shown)
    }

    @Test("what is no Redis URL is not shown at all")
    func noRedisURL() {
        for text in ["secret", "rediss://u:secret@h", "redis://u:sec@ret@h", "redis://u:secret@h/x"] {
            #expect(ConfigurationKeys.redisURL.redacted(text) == nil)
            let error = #expect(throws: ConfigurationErrors.self) {
                try Fixture.load(flags: Fixture.managed + ["--redis-url", text])
            }
            #expect(error?.description.contains("secret") == false && error?.description.contains("redis.url") == true)
        }
    }

    static let redactions: [(text: String, redacted: String)] = [
        ("", ""),
        ("postgresql://", "postgresql://"),
        ("postgresql://h/db", "postgresql://h/db"),
        ("postgres://u@h/db", "postgres://u@h/db"),
        ("postgresql://u:secret@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:se:c?r=e&t@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:@h", "postgresql://u:***@h"),
        ("postgresql://:secret@/db?host=/run/postgresql", "postgresql://:***@/db?host=/run/postgresql"),
        ("postgresql://u:secret@a:1,[::1]:2,b/db?x=y", "postgresql://u:***@a:1,[::1]:2,b/db?x=y"),
        ("postgresql://h/db?user=me@x&password=secret&a=b", "postgresql://h/db?user=me@x&password=***&a=b"),
        ("postgresql://h/db?%70assword=secret&sslpassword=secret", "postgresql://h/db?%70assword=***&sslpassword=***"),
        ("postgresql:///db?password=secret", "postgresql:///db?password=***"),
        ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
        ("password=secret", "password=***"),
        ("host=h password = 'sec ret' port=1", "host=h password = '***' port=1"),
        ("password='it\\'s secret' user=u", "password='***' user=u"),
        ("password='secret'user=u", "password='***'user=u"),
        ("password=a\\ secret user=u", "password=*** user=u"),
        ("PASSWORD=secret sslpassword=secret", "PASSWORD=*** sslpassword=***"),
        ("application_name='password=no secret here'", "application_name='password=no secret here'"),
        ("passfile=/etc/pass user=u", "passfile=/etc/pass user=u"),
    ]

    @Test("passwords are replaced, and nothing else", arguments: redactions)
    func redacted(text: String, redacted: String) {
        #expect(ConnectionString(text)?.redacted == redacted)
    }

    static let unreadable = [
        "secret", "secret@h", "http://u:secret@h/db", "postgresql://u:sec/ret@h/db", "postgresql://u:12/secret@h/db",
        "postgresql://u:sec@ret@h/db", "postgresql://h/db?secret", "postgresql://h/db?a=b&%zz=secret",
        "password='secret", "= secret", "host=h secret",
    ]

    @Test("texts that libpq would not read so are refused, and not shown", arguments: unreadable)
    func refused(text: String) throws {
        #expect(ConnectionString(text) == nil)
        let mistakes = try Fixture.mistakes(flags: Fixture.managed + ["--postgres-url=\(text)"])
        #expect(
            mistakes == [
                "flag --postgres-url: postgres.url: got a secret value that is not shown; "
                    + "allowed: a postgresql:// URI, keyword=value pairs, or empty"
            ])
    }

    @Test("no message and no dump shows a password")
    func notShown() throws {
        for (text, redacted) in Self.redactions where text.contains("secret") {
            let configuration = try Fixture.load(flags: Fixture.managed + ["--postgres-url=\(text)"])
            #expect(configuration.postgres.url == text)
            let dump = configuration.dump()
            #expect(dump.contains("postgres.url: \(ScalarText.quoted(redacted))  # flag --postgres-url"))
            guard !redacted.contains("secret") else { continue }
            #expect(!dump.contains("secret"))
            let mistakes = try Fixture.mistakes(yaml: "postgres.url:\n  - '\(text.replacing("'", with: "''"))'")
            #expect(mistakes.count == 1 && !mistakes[0].contains("secret"))
        }
    }

    @Test("a file that is not YAML does not show its lines")
    func yamlMistake() throws {
        let mistakes = try Fixture.mistakes(yaml: "postgres.url: \"postgresql://u:secret@h")
        #expect(mistakes.count == 1 && !mistakes[0].contains("secret"))
    }
}
