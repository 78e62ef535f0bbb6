import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The whole way with the real schema: backups that the daemon makes by itself, and `brain-memoryd restore`.
    @Suite struct RestoreTests {
        /// Backups on, whatever the fixture's daemons have otherwise.
        private static let options = DaemonProcess.Options(
            flags: ["--managed-redis", "off"],
            environment: [
                "BRAIN_BACKUPS_DUMP": "daily 03:00", "BRAIN_BACKUPS_BASE": "daily 02:00", "BRAIN_BACKUPS_WAL": "on",
                "BRAIN_BACKUPS_DUMP_AFTER_WRITES": "0",
            ])

        /// The kinds of the good backups there are.
        private static func kinds(_ client: WireClient) async throws -> [String] {
            let backups = try await client.call("listBackups", deadlineMs: 60_000).success()["backups"]?.array ?? []
            return backups.filter { $0["good"] == true }.compactMap { $0["kind"]?.string }
        }

        private static func store(_ ids: ClosedRange<Int>, _ daemon: DaemonProcess) async throws {
            let client = try await daemon.connect()
            for id in ids {
                let record = JSONValue.record("m\(id)", agent: "a\(id % 3)", context: ["n": .int(id)], tags: ["t"])
                _ = try await client.store(record).success()
            }
        }

        /// The numbers of the memories that are there.
        private static func stored(_ daemon: DaemonProcess) async throws -> Set<Int> {
            Set(try await daemon.connect().allMemories([:]).compactMap { $0["context"]?["n"]?.int })
        }

        private static func restore(_ daemon: DaemonProcess, _ arguments: String...) async throws -> ProgramOutcome {
            try await Program.run(
                "brain-memoryd", ["restore", "--managed", daemon.managedFolder] + arguments, within: .seconds(120))
        }

        @Test func whatTheDaemonBackedUpComesBackAndIsServed() async throws {
            try await withDaemon({ try await DaemonProcess.managed(Self.options) }) { daemon in
                let client = try await daemon.connect()
                // Without being asked: the first backups are due at once.
                let isBackedUp = try await eventually(within: .seconds(60), every: .milliseconds(200)) {
                    Set(try await Self.kinds(client)) == ["base", "dump"]
                }
                #expect(isBackedUp, "\(daemon.log.suffix(3_000))")
                try await Self.store(1...40, daemon)
                _ = try await client.call("runWorker", ["name": "backup-dump"]).success()
                let isDumped = try await eventually(within: .seconds(60), every: .milliseconds(200)) {
                    try await Self.kinds(client).filter { $0 == "dump" }.count == 2
                }
                #expect(isDumped)
                try await Self.store(41...60, daemon)

                // With a daemon at work, and over a cluster that is there, nothing is touched.
                #expect(try await Self.restore(daemon).status != .exited(0))
                #expect(try await daemon.terminate() == .exited(0))
                let refused = try await Self.restore(daemon)
                #expect(refused.status == .exited(73), "\(refused)")

                try FileManager.default.removeItem(atPath: daemon.managedFolder + "/postgres")
                let physical = try await Self.restore(daemon)
                #expect(
                    physical.status == .exited(0) && physical.output.contains("restored 60 memories"), "\(physical)")
                try await daemon.start(within: .seconds(60))
                #expect(try await Self.stored(daemon) == Set(1...60))
                #expect(try await daemon.terminate() == .exited(0))

                let logical = try await Self.restore(daemon, "--from-dump", "--force")
                #expect(logical.status == .exited(0) && logical.output.contains("restored 40 memories"), "\(logical)")
                try await daemon.start(within: .seconds(60))
                #expect(try await Self.stored(daemon) == Set(1...40))
                // What is new is backed up from here on: the history is another.
                let isNew = try await eventually(within: .seconds(60), every: .milliseconds(200)) {
                    try await Self.kinds(try await daemon.connect()).filter { $0 == "base" }.count >= 2
                }
                #expect(isNew, "\(daemon.log.suffix(3_000))")
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        /// The statements of a migration's file.
        private static func migration(_ name: String) throws -> String {
            try String(contentsOfFile: "\(Program.packageRoot)/schema/migrations/\(name).sql", encoding: .utf8)
        }

        /// A database as the version before the workers left it, with one memory.
        private static func oldDatabase() async throws -> String {
            let server = try await PostgresServer.shared()
            let url = try await server.createDatabase()
            // As the daemon makes it before the first migration.
            try await server.execute(
                """
                CREATE TABLE brain_schema_migrations (
                    version integer NOT NULL, name text NOT NULL, checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT statement_timestamp(),
                    CONSTRAINT brain_schema_migrations_pkey PRIMARY KEY (version),
                    CONSTRAINT brain_schema_migrations_version_check CHECK (version >= 1),
                    CONSTRAINT brain_schema_migrations_checksum_check CHECK (checksum ~ '^[0-9a-f]{64}$')
                )
                """, on: url)
            for (version, name) in [(1, "0001_initial"), (2, "0002_replaced_values")] {
                let text = try migration(name)
                try await server.execute(text, on: url)
                try await server.execute(
                    """
                    INSERT INTO brain_schema_migrations (version, name, checksum)
                    VALUES (\(version), '\(name)', encode(sha256(convert_to($text$\(text)$text$, 'UTF8')), 'hex'))
                    """, on: url)
            }
            try await server.execute(
                "INSERT INTO brain_memories (id, agent_id, timestamp, context) VALUES ('m', 'a', now(), '{}')", on: url)
            return url
        }

        private static func version(_ url: String) async throws -> [String?] {
            try await PostgresServer.shared().execute("SELECT max(version) FROM brain_schema_migrations", on: url)
        }

        @Test func theMemoriesAreDumpedBeforeTheirSchemaIsChanged() async throws {
            let url = try await Self.oldDatabase()
            let folder = try PrivateFolder()
            let directory = folder.file("backups")
            let off = ["--backups-dump", "off", "--backups-dump-after-writes", "0"]

            // Where no dump can be made, the schema stays as it is.
            try Data("in the way".utf8).write(to: URL(fileURLWithPath: directory))
            let stuck = try DaemonProcess(
                .init(flags: off + ["--backups-directory", directory, "--postgres-url", url]))
            try stuck.launch()
            #expect(try await stuck.ended(within: .seconds(30)) == .exited(69))
            #expect(stuck.log.contains("the schema was not changed"), "\(stuck.log)")
            #expect(try await Self.version(url) == ["2"])
            try await stuck.remove()

            try FileManager.default.removeItem(atPath: directory)
            let options = DaemonProcess.Options(flags: off + ["--backups-directory", directory])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                let client = try await daemon.connect()
                let backups = try await client.call("listBackups").success()["backups"]?.array ?? []
                #expect(backups.count == 1 && backups.first?["memories"] == 1, "\(backups)")
                let id = try #require(backups.first?["id"]?.string)
                let manifest = Program.text(of: "\(directory)/dumps/\(id)/manifest.json")
                #expect(manifest.contains("\"migration\""), "\(manifest)")
                #expect(try await Self.version(url) == ["3"])
                #expect(try await client.memory("m") != nil)
                #expect(try await daemon.terminate() == .exited(0))
            }
            try folder.remove()
        }
    }
}
