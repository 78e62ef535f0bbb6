import DaemonFixture
import Foundation
import Synchronization

/// Writers and readers of versioned values through several daemons. A reader notes what was acknowledged before it asks;
/// an answer that is older is stale.
final class Checker: Sendable {
    /// Where the daemons listen.
    let sockets: [String]
    let faults: FaultLog
    let ledger: Ledger
    private let reads = Atomic(0)
    private let hits = Atomic(0)
    private let failures = Atomic(0)
    private let isStopped = Atomic(false)
    private let found = Mutex<[String]>([])
    private let refused = Mutex<[Int: [String]]>([:])

    static let keys = 48
    /// Requests that a reader has under way at once.
    private static let depth = 64

    init(sockets: [String], faults: FaultLog = FaultLog()) {
        self.sockets = sockets
        self.faults = faults
        ledger = Ledger(keys: Self.keys)
    }

    /// Errors that daemons answered, by the daemon's place among the sockets.
    var errors: [Int: [String]] { refused.withLock { $0 } }

    /// Stale answers, in words.
    var stale: [String] { found.withLock { $0 } }

    var readCount: Int { reads.load(ordering: .relaxed) }

    var summary: String {
        "\(readCount) reads, \(hits.load(ordering: .relaxed)) from the cache, \(failures.load(ordering: .relaxed)) answered"
            + " with an error, \(ledger.total) writes acknowledged, \(stale.count) stale"
    }

    /// Runs `writers` writers and `readers` readers until `isDone`, or until `limit` has passed.
    func run(
        writers: Int, readers: Int, within limit: Duration, until isDone: @escaping @Sendable (Checker) -> Bool
    ) async throws {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask { try? await OwnThread.run { self.write(writer) } }
            }
            for reader in 0..<readers { group.addTask { try? await OwnThread.run { self.read(reader) } } }
            group.addTask {
                let end = ContinuousClock.now + limit
                while ContinuousClock.now < end, !isDone(self) { try? await Task.sleep(for: .milliseconds(20)) }
                self.isStopped.store(true, ordering: .relaxed)
            }
        }
    }

    // MARK: Writing

    /// Writes to keys at random, each time through another daemon, so that several write the same one at once. Blocks its
    /// thread.
    private func write(_ writer: Int) {
        var lines = Lines(sockets)
        var turn = writer
        while !isStopped.load(ordering: .relaxed) {
            turn += 1
            let key = Int.random(in: 0..<Self.keys)
            let daemon = turn % sockets.count
            guard let answer = lines.exchange(daemon, WireText.store(key, id: turn)) else { continue }
            if let version = WireText.integer(after: #""version":"#, in: answer) {
                ledger.acknowledge(key, version.value)
            } else {
                fail(answer, daemon)
            }
        }
    }

    private func fail(_ answer: [UInt8], _ daemon: Int) {
        failures.add(1, ordering: .relaxed)
        refused.withLock { refused in
            guard refused[daemon, default: []].count < 10 else { return }
            refused[daemon, default: []].append(String(decoding: answer.dropLast(), as: UTF8.self))
        }
    }

    // MARK: Reading

    /// Reads keys at random, and now and then all of an agent's. Blocks its thread.
    private func read(_ reader: Int) {
        var lines = Lines(sockets)
        var random = SystemRandomNumberGenerator()
        var turn = reader
        while !isStopped.load(ordering: .relaxed) {
            turn += 1
            if turn % 8 == 0 {
                readAgent(Int.random(in: 0..<4, using: &random), &lines, turn)
            } else {
                readKeys((0..<Self.depth).map { _ in Int.random(in: 0..<Self.keys, using: &random) }, &lines, turn)
            }
        }
    }

    private func readKeys(_ wanted: [Int], _ lines: inout Lines, _ turn: Int) {
        let mayLag = faults.mayLag
        let demands = ledger.demands(of: wanted)
        let frames = wanted.enumerated().flatMap { WireText.get($0.element, id: $0.offset) }
        guard let answers = lines.exchange(turn % sockets.count, frames, count: wanted.count) else { return }
        for answer in answers {
            guard let id = WireText.integer(after: #""id":"#, in: answer)?.value, id < wanted.count,
                WireText.contains(#""result""#, answer)
            else {
                fail(answer, turn % sockets.count)
                continue
            }
            let version = WireText.integer(after: #""version":"#, in: answer)?.value ?? 0
            judge(version, of: wanted[id], demands[id], mayLag || faults.mayLag, answer, turn % sockets.count)
        }
    }

    private func readAgent(_ agent: Int, _ lines: inout Lines, _ turn: Int) {
        let mayLag = faults.mayLag
        let wanted = (0..<Self.keys).filter { $0 % 4 == agent }
        let demands = ledger.demands(of: wanted)
        let frame = WireText.query(agent: WireText.agent(agent), byTags: turn % 16 == 0, id: 0)
        guard let answer = lines.exchange(turn % sockets.count, frame) else { return }
        guard WireText.contains(#""result""#, answer) else {
            fail(answer, turn % sockets.count)
            return
        }
        var versions: [Int: Int] = [:]
        var place = 0
        while let key = WireText.integer(after: #""key":"#, in: answer, from: place),
            let version = WireText.integer(after: #""version":"#, in: answer, from: key.end)
        {
            versions[key.value] = version.value
            place = version.end
        }
        for (key, demand) in zip(wanted, demands) {
            judge(versions[key] ?? 0, of: key, demand, mayLag || faults.mayLag, answer, turn % sockets.count)
        }
    }

    private func judge(
        _ version: Int, of key: Int, _ demand: Ledger.Demand, _ mayLag: Bool, _ answer: [UInt8], _ daemon: Int
    ) {
        reads.add(1, ordering: .relaxed)
        let isHit = WireText.contains(#""servedFrom":"cache""#, answer)
        if isHit { hits.add(1, ordering: .relaxed) }
        guard version < (mayLag ? demand.lagging : demand.strict) else { return }
        let text =
            "key \(key) through daemon \(daemon) has version \(version), and \(demand.strict) was acknowledged"
            + " (\(demand.lagging) a second before), from the \(isHit ? "cache" : "store"), after \(faults.last)"
        found.withLock { if $0.count < 100 { $0.append(text) } }
    }
}

/// Connections to the daemons, made anew when they break.
private struct Lines {
    private let sockets: [String]
    private var open: [Int: UnixSocket] = [:]

    init(_ sockets: [String]) { self.sockets = sockets }

    /// The answer to one request; nil when the connection broke.
    mutating func exchange(_ daemon: Int, _ frame: [UInt8]) -> [UInt8]? {
        exchange(daemon, frame, count: 1)?.first
    }

    /// The answers to several requests, in any order.
    mutating func exchange(_ daemon: Int, _ frames: [UInt8], count: Int) -> [[UInt8]]? {
        do {
            let socket = try open[daemon] ?? UnixSocket(path: sockets[daemon])
            open[daemon] = socket
            try socket.send(frames)
            return try FrameBuffer.receive(count, from: socket)
        } catch {
            if let socket = open.removeValue(forKey: daemon) { socket.close() }
            usleep(1_000)
            return nil
        }
    }
}

/// Takes frames out of a stream, many at a time.
private enum FrameBuffer {
    static func receive(_ count: Int, from socket: UnixSocket) throws -> [[UInt8]] {
        var bytes: [UInt8] = []
        var frames: [[UInt8]] = []
        var start = 0
        while frames.count < count {
            guard bytes.count - start >= 4, case let length = length(bytes, start), bytes.count - start - 4 >= length
            else {
                guard let more = try socket.receive(within: .seconds(30)) else { throw UnixSocket.Closed() }
                bytes.append(contentsOf: more)
                continue
            }
            frames.append(Array(bytes[start + 4..<start + 4 + length]) + [0])
            start += 4 + length
        }
        return frames
    }

    private static func length(_ bytes: [UInt8], _ start: Int) -> Int {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}

/// What was done to the parts, and whether answers may lag because of it.
final class FaultLog: Sendable {
    private struct State {
        var last = "nothing"
        var cutOffSince: ContinuousClock.Instant?
        var mayLagUntil: ContinuousClock.Instant?
        var counts: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var last: String { state.withLock { $0.last } }

    /// How often each was done.
    var summary: String {
        state.withLock { $0.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ") }
    }

    /// How many were begun.
    var count: Int { state.withLock { $0.counts.values.reduce(0, +) } }

    func note(_ fault: String) {
        state.withLock { state in
            state.last = fault
            state.counts[fault, default: 0] += 1
        }
    }

    /// A daemon is cut off from Redis while the other is not: the other may lag, by a second at most.
    func beginLag() { state.withLock { $0.cutOffSince = .now } }

    func endLag() {
        state.withLock { state in
            state.cutOffSince = nil
            state.mayLagUntil = .now + Ledger.lag
        }
    }

    var mayLag: Bool {
        state.withLock { state in state.cutOffSince != nil || state.mayLagUntil.map { $0 > .now } ?? false }
    }
}
