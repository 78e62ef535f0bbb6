import DaemonFixture
import Foundation
import PostgresFixture
import RedisFixture

/// Two daemons on one PostgreSQL and one Redis; the second reaches Redis through a wire that can be cut.
final class World: Sendable {
    let faults = FaultLog()
    private let redis: RedisServer
    private let relay: Relay
    private let daemons: [DaemonProcess]

    var sockets: [String] { daemons.map(\.socketPath) }

    static func start() async throws -> World {
        let url = try await PostgresServer.shared().createDatabase()
        let redis = try await RedisServer.start()
        let relay = try Relay(to: redis.socketPath, at: redis.folder + "/relay.sock")
        let first = try await DaemonProcess.on(postgres: url, .init(flags: ["--redis-url", redis.url]))
        let second = try await DaemonProcess.on(
            postgres: url, .init(flags: ["--redis-url", "unix://\(relay.path)"]))
        return World(redis, relay, [first, second])
    }

    private init(_ redis: RedisServer, _ relay: Relay, _ daemons: [DaemonProcess]) {
        (self.redis, self.relay, self.daemons) = (redis, relay, daemons)
    }

    func end() async throws {
        for daemon in daemons { try await daemon.remove() }
        relay.close()
        try await redis.shutdown()
    }

    // MARK: Faults

    /// Hurts one part after the other until the task is cancelled, with time between in which the cache fills.
    func hurt() async throws {
        var round = 0
        while true {
            for fault in Fault.allCases {
                try await Task.sleep(for: .milliseconds(round.isMultiple(of: 2) ? 600 : 1_500))
                faults.note(fault.rawValue)
                // Carried out whole, so that nothing is left stopped or cut.
                try await Task { try await self.carryOut(fault) }.value
            }
            round += 1
        }
    }

    /// Whether each fault was done at least once, to its end.
    var hasSeenAll: Bool { faults.count > Fault.allCases.count }

    private enum Fault: String, CaseIterable {
        case kills, snapshots, pauses, flushes, overflows, evictions, cuts, shortCuts = "short cuts"
        case daemonKills = "daemon kills"
        // While the second daemon is away, the first keeps answers itself; then it must stop in time.
        case absences, lonelyKills = "kills while alone", lonelyPauses = "pauses while alone"
    }

    private func carryOut(_ fault: Fault) async throws {
        switch fault {
        case .kills:
            try await redis.kill()
            try await sleep(.milliseconds(.random(in: 0...300)))
            try await redis.restart()
        case .snapshots:
            try redis.command("SAVE")
            try await sleep(.milliseconds(.random(in: 50...300)))
            try await redis.restart()
        case .pauses:
            try await redis.pause()
            try await sleep(.milliseconds(.random(in: 10...400)))
            redis.resume()
        case .flushes: try redis.command("FLUSHALL")
        case .overflows:
            try redis.command("CONFIG", "SET", "maxmemory", "1")
            try await sleep(.milliseconds(.random(in: 10...300)))
            try redis.command("CONFIG", "SET", "maxmemory", "0")
        case .evictions:
            // Room for a few entries: whatever is there is thrown out in between.
            try redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
            try redis.command("CONFIG", "SET", "maxmemory", "1200000")
            try await sleep(.milliseconds(400))
            try redis.command("CONFIG", "SET", "maxmemory", "0")
            try redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        case .cuts: try await cut(for: .milliseconds(.random(in: 1_000...2_000)))
        case .shortCuts: try await cut(for: .milliseconds(.random(in: 1...100)))
        case .daemonKills:
            try await daemons[1].kill()
            try await daemons[1].start(within: .seconds(60))
        case .absences: try await leaveAlone {}
        case .lonelyKills:
            try await leaveAlone {
                try await redis.kill()
                try await redis.restart()
            }
        case .lonelyPauses:
            try await leaveAlone {
                try await redis.pause()
                try await sleep(.milliseconds(.random(in: 10...400)))
                redis.resume()
            }
        }
    }

    /// Has the first daemon be alone for some seconds, with a fault in the midst of them. The second ends in good order or not.
    private func leaveAlone(_ fault: () async throws -> Void) async throws {
        if Bool.random() { _ = try await daemons[1].terminate() } else { try await daemons[1].kill() }
        // Five seconds after the other has gone it counts as alone.
        try await sleep(.milliseconds(6_500))
        try await fault()
        try await sleep(.milliseconds(.random(in: 500...1_500)))
        try await daemons[1].start(within: .seconds(60))
    }

    private func cut(for time: Duration) async throws {
        faults.beginLag()
        relay.cut()
        try await sleep(time)
        relay.mend()
        faults.endLag()
    }

    private func sleep(_ time: Duration) async throws { try await Task.sleep(for: time) }
}
