import Testing

@testable import DaemonConfiguration

@Suite struct ConfigurationDumpTests {
    @Test("a dump loads as the same configuration, and dumps the same values")
    func roundTrip() throws {
        let everyKey = PrecedenceTests.others.map { name, value in
            name == "access.rules" ? "\(name): ['\(value)', 'gid:2 write:*']" : "\(name): '\(value)'"
        }
        let awkward = """
            managed.directory: "/srv/\\"quo\\\\ted\\" # no comment: é 🧠 \\u2028"
            managed.user: "null"
            managed.postgres_bindir: "- not: [a list]"
            """
        for yaml in ["managed.directory: /m", everyKey.joined(separator: "\n"), awkward] {
            let first = try Fixture.load(yaml: yaml, flags: [])
            let second = try Fixture.load(yaml: first.dump(), flags: [])
            #expect(first == second)
            func values(_ dump: String) -> [Substring] { dump.split(separator: "\n").map { $0.prefix { $0 != "#" } } }
            #expect(values(first.dump()) == values(second.dump()))
        }
        #expect(
            try Fixture.load(yaml: awkward, flags: []).managed.directory
                == "/srv/\"quo\\ted\" # no comment: é 🧠 \u{2028}")
    }

    @Test("each line names its source")
    func sources() throws {
        let configuration = try Fixture.load(
            yaml: "\nlog.level: debug", environment: ["BRAIN_LOG_FORMAT": "json"],
            flags: Fixture.managed + ["--access-rules", "uid:1 read:a"])
        let dump = configuration.dump().replacing(#/[^\s(]*/brain-config-[-0-9A-F]+\.yaml/#, with: "FILE")
        let lines = dump.split(separator: "\n")
        #expect(lines.count == ConfigurationKeys.all.count + 2)
        for line in [
            "postgres.url: \"\"  # default", "postgres.pool_size: 8  # default",
            "managed.directory: \"/srv/brain\"  # flag --managed",
            "socket.path: \"/srv/brain/brain.sock\"  # default, from managed.directory",
            "socket.mode: \"0660\"  # default", "access.rules:  # flag --access-rules", "  - \"uid:1 read:a\"",
            "log.level: \"debug\"  # FILE:2", "log.format: \"json\"  # environment BRAIN_LOG_FORMAT",
        ] {
            #expect(lines.contains(Substring(line)))
        }
    }
}
