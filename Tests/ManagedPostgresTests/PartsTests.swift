import Testing

@testable import ManagedPostgres

/// The pure parts: settings, and what is read from PostgreSQL's own files and lines.
@Suite("Managed PostgreSQL: parts")
struct PartsTests {
    private var settings: ServerSettings {
        ServerSettings(
            socketFolder: "/var/lib/brain/run", maximumConnections: 50, sharedBuffersBytes: 128 << 20,
            memoryBytes: 1 << 30, serverUser: "postgres", daemonUser: "root")
    }

    @Test("the settings keep the promises, in the file and on the command line")
    func promises() {
        for promise in [
            "listen_addresses = ''", "fsync = 'on'", "full_page_writes = 'on'", "synchronous_commit = 'on'",
        ] {
            #expect(settings.file.contains(promise + "\n"))
            let argument = promise.split(separator: "'").joined().split(separator: " ").joined()
            #expect(settings.arguments.contains(argument), "\(argument)")
        }
        #expect(settings.file.contains("shared_buffers = '131072kB'\n"))
        #expect(ServerSettings.quoted(#"it's \ "#) == #"'it''s \\ '"#)
        #expect(settings.connectionInfo == "host='/var/lib/brain/run' port=5432 dbname=brain user=brain")
    }

    @Test("only the server's user and the daemon's may connect")
    func access() {
        let lines = settings.identityFile.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines == [
                #"brain "postgres" brain"#, #"brain "postgres" postgres"#, #"brain "root" brain"#,
                #"brain "root" postgres"#,
            ])
        #expect(!settings.accessFile.contains("trust") && !settings.accessFile.contains("host"))
    }

    @Test("shared buffers: a quarter of the memory, between 16 and 512 MiB")
    func memory() {
        #expect(MemorySize.sharedBuffersBytes(available: 1 << 30) == 256 << 20)
        #expect(MemorySize.sharedBuffersBytes(available: 64 << 30) == 512 << 20)
        #expect(MemorySize.sharedBuffersBytes(available: 1 << 20) == 16 << 20)
        #expect(MemorySize.availableBytes() > 16 << 20)
    }

    @Test(
        "reads the version",
        arguments: [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 15), ("postgres (PostgreSQL) 18beta1", 18),
            ("postgres (PostgreSQL) 9.6.24", 9), ("bash: no", nil), ("", nil),
        ])
    func version(line: String, expected: Int?) {
        #expect(PostgresPrograms.majorVersion(in: line) == expected)
    }

    @Test(
        "reads log lines",
        arguments: [
            ("[4711] LOG:  ready", "debug", "4711", "ready"), ("[1] PANIC:  no WAL", "critical", "1", "no WAL"),
            ("[1] FATAL:  a: b", "error", "1", "a: b"),
            ("[1] FATAL:  the database system is starting up", "debug", "1", "the database system is starting up"),
            ("[1] LOG:  database system is shut down", "info", "1", "database system is shut down"),
            ("[1] HINT:  do", "-", "1", "HINT:  do"),
            ("\tcontinued", "-", "-", "\tcontinued"), ("[x] LOG:  y", "-", "-", "[x] LOG:  y"), ("", "-", "-", ""),
        ])
    func logLine(line: String, level: String, pid: String, message: String) {
        let read = ServerLogLine(line)
        #expect(read.level.map { "\($0)" } ?? "-" == level)
        #expect(read.pid ?? "-" == pid)
        #expect(read.message == message)
    }

    @Test("reads postmaster.pid, whole and half written")
    func postmasterFile() {
        let text = "4711\n/data\n1700000000\n5432\n/run\n\n  5432001         3\nready   \n"
        #expect(PostmasterFile(text)?.pid == 4711)
        #expect(PostmasterFile(text)?.status == "ready")
        #expect(PostmasterFile("4711\n/data\n") == PostmasterFile("4711"))
        #expect(PostmasterFile("-12\n")?.pid == -12)
        #expect(PostmasterFile("") == nil && PostmasterFile("x\n") == nil)
    }
}
