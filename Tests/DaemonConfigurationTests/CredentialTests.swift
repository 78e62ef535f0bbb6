import Foundation
import Testing

@testable import DaemonConfiguration

@Suite struct CredentialTests {
    /// Runs `body` with a folder of credentials, as systemd makes one for a unit.
    private func withCredentials<Result>(
        _ credentials: [String: String], _ body: ([String: String]) throws -> Result
    ) throws -> Result {
        let folder = NSTemporaryDirectory() + "/brain-credentials-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in credentials { try Data(text.utf8).write(to: URL(filePath: folder + "/" + name)) }
        return try body(["CREDENTIALS_DIRECTORY": folder])
    }

    @Test("a credential named like a secret key is its value, without its last newline")
    func value() throws {
        let credentials = [
            "postgres.url": "dbname=b password=secret\n", "redis.url": "redis://:secret@h/1", "ca.crt": "x",
        ]
        let configuration = try withCredentials(credentials) { try Fixture.load(environment: $0) }
        #expect(configuration.postgres.url == "dbname=b password=secret")
        #expect(configuration.redis.url == "redis://:secret@h/1")
        #expect(configuration.source(of: "postgres.url") == .credential("postgres.url"))
        #expect(configuration.dump().contains("postgres.url: \"dbname=b password=***\"  # credential postgres.url"))
        #expect(!configuration.dump().contains("secret"))
        // As a library would print what it was given.
        #expect(!"\(configuration) \([configuration.postgres]) \((configuration.redis, 1))".contains("secret"))
        #expect(!String(reflecting: configuration).contains("secret"))
    }

    @Test("the environment wins over credentials, they win over the file")
    func precedence() throws {
        try withCredentials(["postgres.url": "dbname=credential"]) { environment in
            let yaml = "postgres.url: dbname=file"
            let overFile = try Fixture.load(yaml: yaml, environment: environment)
            #expect(overFile.postgres.url == "dbname=credential")
            let both = environment.merging(["BRAIN_POSTGRES_URL": "dbname=variable"]) { $1 }
            let overCredential = try Fixture.load(yaml: yaml, environment: both)
            #expect(overCredential.postgres.url == "dbname=variable")
        }
    }

    @Test("a credential that can't be meant is a mistake, and none is shown")
    func mistakes() throws {
        let credentials = [
            "postgres.ur": "secret", "postgres.pool_size": "9", "redis.url": "\n", "backups.replication_url": "secret",
        ]
        let mistakes = try withCredentials(credentials) { try Fixture.mistakes(environment: $0) }
        let known = "known: postgres.url, redis.url, backups.replication_url"
        #expect(
            mistakes == [
                "credential postgres.pool_size: unknown credential; \(known)",
                "credential postgres.ur: unknown credential; did you mean postgres.url?; \(known)",
                "credential redis.url: redis.url: is empty",
                "credential backups.replication_url: backups.replication_url: got a secret value that is not shown; "
                    + "allowed: a postgresql:// URI, keyword=value pairs, or empty",
            ])
    }
}
