import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The daemon or PostgreSQL killed in the middle of writes: what was acknowledged is there, once, as acknowledged.
    @Suite struct KillTests {
        private static let clients = 4

        private static func loads(_ ledger: WriteLedger, deadlineMs: Int = 5_000) -> [WriteLoad] {
            (0..<clients).map {
                WriteLoad(name: "writer\($0)", ledger: ledger, deadlineMs: deadlineMs, counter: WriteLoad.Counter())
            }
        }

        private static func start(_ loads: [WriteLoad], _ daemon: DaemonProcess) async throws -> [Task<Void, Never>] {
            var tasks: [Task<Void, Never>] = []
            for load in loads {
                let client = try await daemon.connect()
                tasks.append(Task { await load.run(on: client) })
            }
            return tasks
        }

        /// Waits until so many more writes are acknowledged.
        private static func waitFor(_ count: Int, more ledger: WriteLedger) async throws {
            let target = ledger.acknowledged + count
            let isReached = try await eventually(within: .seconds(20)) { ledger.acknowledged >= target }
            #expect(isReached, "only \(ledger.acknowledged) of \(target) writes were acknowledged: \(ledger.kinds)")
        }

        /// Reads everything by id and by query: the two agree, and the ledger has nothing against them.
        private static func verify(_ ledger: WriteLedger, _ daemon: DaemonProcess) async throws {
            let client = try await daemon.connect()
            let byID = try await client.memories(ledger.ids)
            let violations = ledger.violations(byID)
            #expect(violations.isEmpty, "\(violations.count): \(violations.prefix(5))")
            let listed = try await client.allMemories(["tags": ["load"]])
            let listedIDs = listed.compactMap { $0["id"]?.string }
            #expect(listedIDs.count == Set(listedIDs).count, "a memory is listed twice")
            #expect(Set(listedIDs) == Set(byID.keys))
            for memory in listed { #expect(byID[memory["id"]?.string ?? ""] == memory) }
            #expect(try await client.call("count", ["tags": ["load"]])["count"]?.int == byID.count)
        }

        @Test func killedMidWriteTheDaemonLosesNothing() async throws {
            let ledger = WriteLedger()
            let loads = Self.loads(ledger)
            try await withDaemon({ try await DaemonProcess.managed() }) { daemon in
                for round in 0..<Scale.kills {
                    let known = Set(ledger.ids)
                    let tasks = try await Self.start(loads, daemon)
                    try await Self.waitFor(Int.random(in: 20...400), more: ledger)
                    try await daemon.kill()
                    // Now and then the server that it left behind goes the same way.
                    if round % 4 == 3 { kill(try Self.postmaster(of: daemon), SIGKILL) }
                    for task in tasks { await task.value }
                    try await daemon.start(within: .seconds(60))
                    let ids = ledger.ids.filter { !known.contains($0) || $0.contains("again") }
                    let violations = ledger.violations(try await daemon.connect().memories(ids), among: ids)
                    #expect(violations.isEmpty, "kill \(round): \(violations.count): \(violations.prefix(5))")
                }
                try await Self.verify(ledger, daemon)
                #expect(ledger.kinds.keys.allSatisfy { $0 == "closed" }, "\(ledger.kinds)")
                print("daemon killed \(Scale.kills) times: \(ledger)")
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        /// What callers may be told when PostgreSQL goes away under them.
        private static let allowedKinds: Set<String> = ["store_unavailable", "commit_unknown", "deadline_exceeded"]

        /// Waits until the daemon stores again and calls itself well, and expects that within 2 s of `start`. Returns how
        /// long it took.
        private static func expectRecovery(
            _ daemon: DaemonProcess, since start: ContinuousClock.Instant
        ) async throws -> Duration {
            let client = try await daemon.connect()
            let isWell = try await eventually(within: .seconds(10), every: .milliseconds(5)) {
                let answer = try await client.store(.record("probe", agent: "probe"), deadlineMs: 1_000)
                guard answer.result != nil else { return false }
                return try await client.call("getHealth").success()["status"] == "ok"
            }
            #expect(isWell)
            let time = start.duration(to: .now)
            #expect(time < .seconds(2), "well again \(time) after PostgreSQL's return")
            return time
        }

        @Test func killedMidWritePostgresLosesNothingAcknowledged() async throws {
            try await withPostgres { server in
                try await withDaemon({ try await DaemonProcess.on(postgres: server.url) }) { daemon in
                    let ledger = WriteLedger()
                    let tasks = try await Self.start(Self.loads(ledger, deadlineMs: 2_000), daemon)
                    var slowest = Duration.zero
                    for _ in 0..<Scale.kills {
                        try await Self.waitFor(Int.random(in: 20...200), more: ledger)
                        try await server.kill()
                        try await server.restart()
                        slowest = max(slowest, try await Self.expectRecovery(daemon, since: .now))
                    }
                    // The same when it is shut down in good order: sessions are told to go in the middle of their work.
                    try await Self.waitFor(50, more: ledger)
                    try await server.restart()
                    slowest = max(slowest, try await Self.expectRecovery(daemon, since: .now))
                    for task in tasks { task.cancel() }
                    for task in tasks { await task.value }
                    let strange = ledger.kinds.filter { !Self.allowedKinds.contains($0.key) }
                    #expect(strange.isEmpty, "\(ledger.kinds)")
                    try await Self.verify(ledger, daemon)
                    print("PostgreSQL killed \(Scale.kills) times: \(ledger), well at most \(slowest) after its return")
                }
            }
        }

        @Test func aManagedPostmasterThatIsKilledComesBack() async throws {
            try await withDaemon({ try await DaemonProcess.managed() }) { daemon in
                let ledger = WriteLedger()
                let tasks = try await Self.start(Self.loads(ledger, deadlineMs: 2_000), daemon)
                var slowest = Duration.zero
                for _ in 0..<Scale.postmasterKills {
                    try await Self.waitFor(50, more: ledger)
                    let postmaster = try Self.postmaster(of: daemon)
                    kill(postmaster, SIGKILL)
                    let isBack = try await eventually(within: .seconds(30)) {
                        let text = Program.text(of: "\(daemon.managedFolder)/postgres/postmaster.pid")
                        return !text.hasPrefix("\(postmaster)\n") && text.contains("ready")
                    }
                    #expect(isBack, "\(daemon.log.suffix(2_000))")
                    slowest = max(slowest, try await Self.expectRecovery(daemon, since: .now))
                }
                for task in tasks { task.cancel() }
                for task in tasks { await task.value }
                let strange = ledger.kinds.filter { !Self.allowedKinds.contains($0.key) }
                #expect(strange.isEmpty, "\(ledger.kinds)")
                try await Self.verify(ledger, daemon)
                print(
                    "postmaster killed \(Scale.postmasterKills) times: \(ledger), well at most \(slowest) after its return"
                )
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        private static func postmaster(of daemon: DaemonProcess) throws -> pid_t {
            let text = Program.text(of: "\(daemon.managedFolder)/postgres/postmaster.pid")
            let pid = try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
            // Nothing but a process of this test's own folder is ever signalled.
            try #require(daemon.folder.processes().contains(pid))
            return pid
        }
    }
}
