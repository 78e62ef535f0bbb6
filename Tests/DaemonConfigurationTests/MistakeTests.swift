import Foundation
import Testing

@testable import DaemonConfiguration

@Suite struct MistakeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var yaml: String?
        var environment: [String: String] = [:]
        var flags: [String] = Fixture.managed
        let mistakes: [String]

        var testDescription: String { name }
    }

    static let poolSizes = "an integer from 1 to 512 (connections)"

    static let file: [Case] = [
        .init(name: "unknown key", yaml: "log.level: info\nmongo.uri: x", mistakes: ["FILE:2: mongo.uri: unknown key"]),
        .init(
            name: "unknown nested key", yaml: "postgres:\n  pool_size: 1\n  pool_sise: 1",
            mistakes: ["FILE:3: postgres.pool_sise: unknown key; did you mean postgres.pool_size?"]),
        .init(
            name: "unknown group", yaml: "mongo:\n  uri: x\n  poll: 2",
            mistakes: ["FILE:2: mongo.uri: unknown key", "FILE:3: mongo.poll: unknown key"]),
        .init(name: "unknown group without keys", yaml: "mongo: 1", mistakes: ["FILE:1: mongo: unknown key"]),
        .init(
            name: "dotted key twice", yaml: "log.level: info\n\nlog.level: debug",
            mistakes: ["FILE:3: log.level: given before at FILE:1"]),
        .init(
            name: "dotted and nested", yaml: "log.level: info\nlog:\n  level: debug",
            mistakes: ["FILE:3: log.level: given before at FILE:1"]),
        .init(
            name: "nested key twice", yaml: "log:\n  level: info\n  format: text\n  level: debug",
            mistakes: ["FILE:4: log.level: given before at FILE:2"]),
        .init(
            name: "group twice", yaml: "log:\n  level: info\nlog:\n  format: text",
            mistakes: ["FILE:3: log: given before at FILE:1"]),
        .init(
            name: "no integer", yaml: "postgres:\n  pool_size: many",
            mistakes: ["FILE:2: postgres.pool_size: got \"many\"; allowed: \(poolSizes)"]),
        .init(
            name: "no integer either", yaml: "postgres.pool_size: 1.0",
            mistakes: ["FILE:1: postgres.pool_size: got \"1.0\"; allowed: \(poolSizes)"]),
        .init(
            name: "below the range", yaml: "postgres.pool_size: 0",
            mistakes: ["FILE:1: postgres.pool_size: got \"0\"; allowed: \(poolSizes)"]),
        .init(
            name: "beyond 64 bits", yaml: "postgres.pool_size: 99999999999999999999",
            mistakes: ["FILE:1: postgres.pool_size: got \"99999999999999999999\"; allowed: \(poolSizes)"]),
        .init(
            name: "list for a number", yaml: "postgres.pool_size:\n  - 1",
            mistakes: ["FILE:1: postgres.pool_size: got a list; allowed: \(poolSizes)"]),
        .init(
            name: "group for a number", yaml: "postgres.pool_size:\n  a: 1",
            mistakes: ["FILE:1: postgres.pool_size: got a group of keys; allowed: \(poolSizes)"]),
        .init(
            name: "no value", yaml: "postgres.pool_size:",
            mistakes: ["FILE:1: postgres.pool_size: has no value; allowed: \(poolSizes)"]),
        .init(
            name: "value for a group", yaml: "postgres: 1",
            mistakes: ["FILE:1: postgres: got a value; postgres is a group of keys"]),
        .init(
            name: "word", yaml: "log.level: loud",
            mistakes: [
                "FILE:1: log.level: got \"loud\"; allowed: one of trace, debug, info, notice, warning, error, critical"
            ]),
        .init(
            name: "mode", yaml: "socket.mode: 0690",
            mistakes: ["FILE:1: socket.mode: got \"0690\"; allowed: octal digits from 0000 to 0777"]),
        .init(
            name: "mode out of range", yaml: "socket.mode: 1777",
            mistakes: ["FILE:1: socket.mode: got \"1777\"; allowed: octal digits from 0000 to 0777"]),
        .init(
            name: "control characters", yaml: "managed.user: \"a\\0b\"",
            mistakes: [
                "FILE:1: managed.user: got control characters; allowed: the name of a user"
            ]),
        .init(
            name: "no user", yaml: "managed.user: ''",
            mistakes: ["FILE:1: managed.user: got \"\"; allowed: the name of a user"]),
        .init(
            name: "unknown group of the machine", yaml: "socket.group: nobodies",
            mistakes: [
                "FILE:1: socket.group: unknown group \"nobodies\"; allowed: the name or number of a group, or empty"
            ]),
        .init(
            name: "not a list", yaml: "access.rules: uid:1 read:a",
            mistakes: ["FILE:1: access.rules: got \"uid:1 read:a\"; allowed: a list"]),
        .init(
            name: "bad rules", yaml: "access.rules:\n  - uid:1 read:a\n  - uid:1\n  - [a]\n  - user:eve read:a",
            mistakes: [
                "FILE:4: access.rules[2]: each item must be a string",
                "FILE:3: access.rules[1]: neither read: nor write: in \"uid:1\"; "
                    + "allowed: \"SUBJECT read:AGENTS write:AGENTS\"",
                "FILE:5: access.rules[2]: unknown user \"eve\" in \"user:eve read:a\"; "
                    + "allowed: \"SUBJECT read:AGENTS write:AGENTS\"",
            ]),
        .init(
            name: "not a mapping", yaml: "- a",
            mistakes: ["FILE:1: the file must hold keys and values, \"key: value\""]),
        .init(
            name: "two documents", yaml: "log.level: info\n---\nlog.level: info",
            mistakes: [
                "FILE:2: is not YAML: expected a single document in the stream, but found another document"
            ]),
        .init(
            name: "bad indentation", yaml: "log:\n  level: info\n format: text",
            mistakes: ["FILE:3: is not YAML: while parsing a block mapping, did not find expected key"]),
        .init(
            name: "key that is no name", yaml: "log.level: info\n? [a]\n: b",
            mistakes: ["FILE:2: a key must be a plain name"]),
        .init(
            name: "bad value beneath a good flag", yaml: "postgres.pool_size: many",
            flags: Fixture.managed + ["--postgres-pool-size", "5"],
            mistakes: ["FILE:1: postgres.pool_size: got \"many\"; allowed: \(poolSizes)"]),
    ]

    static let flagsAndVariables: [Case] = [
        .init(
            name: "unknown variable", environment: ["BRAIN_POSTGRES_URI": "x", "PATH": "y"],
            mistakes: [
                "environment BRAIN_POSTGRES_URI: unknown variable; did you mean BRAIN_POSTGRES_URL?"
            ]),
        .init(name: "brainctl's variable", environment: ["BRAIN_SOCKET": "/s"], mistakes: []),
        .init(
            name: "bad variable", environment: ["BRAIN_POSTGRES_POOL_SIZE": ""],
            mistakes: ["environment BRAIN_POSTGRES_POOL_SIZE: postgres.pool_size: got \"\"; allowed: \(poolSizes)"]),
        .init(
            name: "empty rules", environment: ["BRAIN_ACCESS_RULES": " ; "],
            mistakes: [
                "environment BRAIN_ACCESS_RULES: access.rules: needs a value: \"SUBJECT read:AGENTS write:AGENTS\"; "
                    + "an empty list is written only in the file"
            ]),
        .init(
            name: "unknown flag", flags: Fixture.managed + ["--postgres-pol-size", "5", "--verbose"],
            mistakes: [
                "flag --postgres-pol-size: unknown flag; did you mean --postgres-pool-size?",
                "flag --verbose: unknown flag",
            ]),
        .init(
            name: "argument", flags: Fixture.managed + ["serve", "-v", "postgresql://u:secret@h", "password=secret"],
            mistakes: [
                "command line: serve: unexpected argument; flags begin with --",
                "command line: -v: unexpected argument; flags begin with --",
                "command line: postgresql…: unexpected argument; flags begin with --",
                "command line: password…: unexpected argument; flags begin with --",
            ]),
        .init(
            name: "flag without value", flags: ["--socket", "--managed", "/m"],
            mistakes: [
                "flag --socket: socket.path: needs a value: any text without control characters; "
                    + "one that begins with -- is written --socket=VALUE"
            ]),
        .init(
            name: "flag twice", flags: Fixture.managed + ["--managed-directory=/n"],
            mistakes: ["flag --managed-directory: managed.directory: given before by flag --managed"]),
        .init(
            name: "negative", flags: Fixture.managed + ["--postgres-pool-size", "-5"],
            mistakes: ["flag --postgres-pool-size: postgres.pool_size: got \"-5\"; allowed: \(poolSizes)"]),
        .init(
            name: "all at once", yaml: "a: 1\nlog.level: loud",
            environment: ["BRAIN_LOG_FORMAT": "xml", "BRAIN_X": ""],
            flags: ["--b=1", "--socket-mode", "rw"],
            mistakes: [
                "flag --b: unknown flag",
                "flag --socket-mode: socket.mode: got \"rw\"; allowed: octal digits from 0000 to 0777",
                "environment BRAIN_X: unknown variable",
                "environment BRAIN_LOG_FORMAT: log.format: got \"xml\"; allowed: one of text, json",
                "FILE:1: a: unknown key",
                "FILE:2: log.level: got \"loud\"; allowed: one of trace, debug, info, notice, warning, error, critical",
            ]),
    ]

    static let contradictions: [Case] = [
        .init(
            name: "nothing given", flags: [],
            mistakes: [
                "default: postgres.url: no PostgreSQL: set postgres.url, or managed.directory (--managed DIR)",
                "default: socket.path: no socket: set socket.path (--socket PATH) or managed.directory, "
                    + "or start with $RUNTIME_DIRECTORY",
            ]),
        .init(
            name: "server without a socket", flags: ["--postgres-url", "dbname=x"],
            mistakes: [
                "default: socket.path: no socket: set socket.path (--socket PATH) or managed.directory, "
                    + "or start with $RUNTIME_DIRECTORY"
            ]),
        .init(
            name: "strict without replication",
            yaml: "postgres.url: dbname=x\nsocket.path: /s\nbackups.directory: /b\nbackups.wal: strict",
            mistakes: [
                "FILE:4: backups.wal: backups.wal is strict, which with postgres.url takes backups.replication_url"
            ]),
        .init(
            name: "strict without backups",
            yaml: "postgres.url: dbname=x\nsocket.path: /s\nbackups.replication_url: dbname=x\nbackups.wal: strict",
            mistakes: ["FILE:4: backups.wal: backups.wal is strict, which with postgres.url takes backups.directory"]),
        .init(
            name: "long socket path", flags: Fixture.managed + ["--socket", String(repeating: "é", count: 54)],
            mistakes: [
                "flag --socket: socket.path: \"\(String(repeating: "é", count: 54))\" has 108 bytes; "
                    + "allowed: at most 107"
            ]),
        .init(
            name: "longest socket path", flags: Fixture.managed + ["--socket", String(repeating: "x", count: 107)],
            mistakes: []),
        .init(
            name: "requests", yaml: "limits.max_in_flight: 10",
            mistakes: [
                "FILE:1: limits.max_in_flight: limits.max_in_flight_per_connection is 256 (default); "
                    + "allowed: at most limits.max_in_flight, which is 10 (FILE:1)"
            ]),
        .init(
            name: "bytes", yaml: "limits:\n  max_frame_bytes: 67108864\n  max_buffered_bytes: 1000000",
            mistakes: [
                "FILE:2: limits.max_frame_bytes: limits.max_frame_bytes is 67108864 (FILE:2); "
                    + "allowed: at most limits.max_buffered_bytes_per_connection, which is 33554432 (default)",
                "FILE:3: limits.max_buffered_bytes: limits.max_buffered_bytes_per_connection is 33554432 (default); "
                    + "allowed: at most limits.max_buffered_bytes, which is 1000000 (FILE:3)",
            ]),
    ]

    @Test("mistakes are named with what came, what is allowed, and the place", arguments: file)
    func inFile(_ example: Case) throws { try check(example) }

    @Test("mistakes in flags and variables", arguments: flagsAndVariables)
    func inFlags(_ example: Case) throws { try check(example) }

    @Test("values that contradict each other", arguments: contradictions)
    func together(_ example: Case) throws { try check(example) }

    private func check(_ example: Case) throws {
        let mistakes = try Fixture.mistakes(
            yaml: example.yaml, environment: example.environment, flags: example.flags)
        #expect(mistakes == example.mistakes)
    }

    @Test("files that can't be read")
    func unreadable() throws {
        func message(_ path: String) -> String {
            do throws(ConfigurationErrors) {
                _ = try ConfigurationLoader.load(file: path, environment: [:], flags: Fixture.managed)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(message("/no/such.yaml") == "/no/such.yaml: cannot be read: No such file or directory")
        #expect(message("/") == "/: cannot be read: Is a directory")
        try Fixture.withFile(String(repeating: "# \n", count: 400_000)) { path in
            #expect(message(path).hasSuffix("cannot be read: it is larger than 1048576 bytes"))
        }
    }

    @Test("a file that is not UTF-8")
    func encoding() throws {
        let path = NSTemporaryDirectory() + "/brain-config-\(UUID().uuidString).yaml"
        try Data([0x6C, 0xFF, 0xFE]).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let errors = #expect(throws: ConfigurationErrors.self) {
            try ConfigurationLoader.load(file: path, environment: [:], flags: Fixture.managed)
        }
        #expect(errors?.description == "\(path): is not YAML: it is not UTF-8")
    }

    @Test("files that say nothing", arguments: ["", "# only a comment\n", "---\n", "log:\n", "{}", "access.rules: []"])
    func empty(yaml: String) throws {
        #expect(try Fixture.load(yaml: yaml) == Fixture.load())
    }

    @Test("kinds")
    func kinds() throws {
        let errors = try Fixture.errors(
            yaml: "x: 1\nmanaged.user: a\nmanaged.user: b")
        #expect(errors.map(\.kind) == [.duplicateKey])
        let others = try Fixture.errors(
            yaml: "x: 1\nlog.level:\nlog.format: a\nsocket.mode: '1777'\nsocket.group: z")
        #expect(others.map(\.kind) == [.unknownKey, .missingValue, .badValue, .outOfRange, .unknownAccount])
        #expect(others.map(\.key) == ["x", "log.level", "log.format", "socket.mode", "socket.group"])
    }
}
