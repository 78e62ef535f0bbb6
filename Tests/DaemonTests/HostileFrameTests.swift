import DaemonFixture
import PostgresFixture
import Synchronization
import Testing

extension DaemonTests {
    /// Clients that mean harm: the daemon stays up, small, and of use to the others.
    @Suite struct HostileFrameTests {
        /// What the daemon may hold beyond what it held at rest, with three attackers whose requests have some kilobytes:
        /// a hundred frames and their answers each, and what the allocator keeps.
        private static let growthBytes = 64 << 20
        private static let attackers = 3
        private static let framesOfConnection = 100

        /// What an attack came to.
        private struct Tally: Sendable {
            var frames = 0
            var answers = 0
            var connections = 0
            var wrong: [String] = []

            static func + (left: Tally, right: Tally) -> Tally {
                Tally(
                    frames: left.frames + right.frames, answers: left.answers + right.answers,
                    connections: left.connections + right.connections, wrong: left.wrong + right.wrong)
            }
        }

        @Test func hostileFramesHarmNobody() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let citizen = try await Citizen(daemon)
                let rest = try #require(daemon.residentBytes)
                let watch = Task { await citizen.run() }
                let path = daemon.socketPath
                let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
                    for attacker in 0..<Self.attackers {
                        group.addTask {
                            try await OwnThread.run { try Self.attack(path, seed: UInt64(attacker) &* 7_777 &+ 1) }
                        }
                    }
                    return try await group.reduce(Tally()) { $0 + $1 }
                }
                watch.cancel()
                let report = await watch.value
                print(
                    "hostile frames: \(tally.frames) in \(tally.connections) connections; \(report); \(rest) bytes at rest"
                )
                #expect(tally.frames >= Scale.hostileFrames)
                #expect(tally.wrong.isEmpty, "\(tally.wrong.count): \(tally.wrong.prefix(5))")
                report.expectUnharmed()
                #expect(report.peakBytes < rest + Self.growthBytes)
            }
        }

        /// One attacker's share, connection after connection.
        private static func attack(_ path: String, seed: UInt64) throws -> Tally {
            var frames = HostileFrames(seed: seed)
            var tally = Tally()
            while tally.frames < Scale.hostileFrames / attackers + 1 {
                let batch = (0..<framesOfConnection).map { _ in frames.next() }
                try attack(path, batch, breaksOff: tally.connections % 10 == 9, &tally)
                tally.frames += batch.count
                tally.connections += 1
            }
            return tally
        }

        private static func attack(
            _ path: String, _ batch: [HostileFrames.Frame], breaksOff: Bool, _ tally: inout Tally
        ) throws {
            let socket = try UnixSocket(path: path)
            defer { socket.close() }
            let bytes = batch.flatMap { UnixSocket.frame($0.payload) }
            if breaksOff {
                // Gone in the middle of a frame, with the answers unread.
                try socket.send(Array(bytes.dropLast(3)))
                return
            }
            try socket.send(bytes)
            socket.shutdownWriting()
            var kinds: [String: Int] = [:]
            var answers = 0
            while let payload = try socket.receiveFrame(within: .seconds(20)) {
                let answer = try JSONValue(parsing: payload)
                kinds[answer["error"]?["data"]?["kind"]?.string ?? "result", default: 0] += 1
                answers += 1
                if kinds["internal"] != nil { tally.wrong.append("\(answer)") }
            }
            let certain = batch.filter { $0.kinds != nil }
            if answers < certain.count || answers > batch.count {
                tally.wrong.append("\(answers) answers to \(batch.count) frames, \(certain.count) of them certain")
            }
            // Of each kind at least as many as frames that can be answered in no other way.
            for (kind, frames) in Dictionary(
                grouping: certain.filter { $0.kinds?.count == 1 }, by: { $0.kinds?.first ?? "" })
            where kinds[kind, default: 0] < frames.count {
                tally.wrong.append("\(kinds[kind, default: 0]) of \(frames.count) \(kind)")
            }
            tally.answers += answers
        }

        @Test func aFrameMayComeByteByByteOrManyAtOnce() async throws {
            let path = try await DaemonTests.shared.value.socketPath
            let text = #"{"jsonrpc":"2.0","id":"drip","method":"ping"}"#
            let answers = try await OwnThread.run {
                let socket = try UnixSocket(path: path)
                defer { socket.close() }
                let frame = UnixSocket.frame(Array(text.utf8))
                for byte in frame { try socket.send([byte]) }
                // Then a thousand and a half, cut wherever it falls.
                let many = (0..<1_000).flatMap { _ in frame }
                try socket.send(many + frame.prefix(frame.count / 2))
                try socket.send(Array(frame.suffix(frame.count - frame.count / 2)))
                socket.shutdownWriting()
                var answers = 0
                while let payload = try socket.receiveFrame(within: .seconds(20)) {
                    let answer = try JSONValue(parsing: payload)
                    guard answer["id"] == "drip", answer["result"] == [:] else { throw TestFailure("\(answer)") }
                    answers += 1
                }
                return answers
            }
            #expect(answers == 1_002)
        }

        @Test func oversizedAndUnfinishedFramesTakeNoMemory() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let options = DaemonProcess.Options(flags: ["--limits-frame-timeout-ms", "1000"])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                let citizen = try await Citizen(daemon)
                let rest = try #require(daemon.residentBytes)
                let watch = Task { await citizen.run() }
                let path = daemon.socketPath
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<60 {
                        group.addTask { try await OwnThread.run { try Self.refused(path, number) } }
                        group.addTask { try await OwnThread.run { try Self.dripped(path, number) } }
                    }
                    try await group.waitForAll()
                }
                watch.cancel()
                let report = await watch.value
                print("oversized and unfinished frames: \(report); \(rest) bytes at rest")
                report.expectUnharmed()
                #expect(report.peakBytes < rest + (64 << 20))
            }
        }

        /// Declares too much, and goes on sending: told so, then closed. Throws when it goes otherwise.
        private static func refused(_ path: String, _ number: Int) throws {
            let lengths: [UInt32] = [16_777_217, .max, 0x8000_0000, 0x7fff_ffff, 0x2020_2020]
            let socket = try UnixSocket(path: path)
            defer { socket.close() }
            let start = ContinuousClock.now
            try socket.send(withUnsafeBytes(of: lengths[number % lengths.count].bigEndian) { Array($0) })
            // It may be cut off while it sends, but not before a second has passed.
            try? socket.send([UInt8](repeating: 0x20, count: 100_000))
            let answer = try socket.receiveFrame(within: .seconds(5)).map { try JSONValue(parsing: $0) }
            guard answer?["error"]?["data"]?["kind"] == "frame_too_large", answer?["id"]?.isNull == true else {
                throw TestFailure("answered \(answer?.description ?? "nothing")")
            }
            guard try socket.receiveFrame(within: .seconds(5)) == nil else { throw TestFailure("a second answer") }
            guard .now - start < .seconds(3) else { throw TestFailure("closed after \(ContinuousClock.now - start)") }
        }

        /// Declares 16 MiB and sends a byte now and then: closed without an answer when its second is over.
        private static func dripped(_ path: String, _ number: Int) throws {
            let socket = try UnixSocket(path: path)
            defer { socket.close() }
            let start = ContinuousClock.now
            let head: [UInt8] = number.isMultiple(of: 2) ? [1, 0, 0, 0] : [0, 0, 0]
            try socket.send(head)
            var isOpen = true
            while isOpen, .now - start < .seconds(4) {
                do {
                    isOpen = try socket.receive(within: .milliseconds(50)) != nil
                } catch is UnixSocket.Closed {
                    isOpen = false
                } catch {
                    if head.count == 4 { try? socket.send([0x20]) }
                }
            }
            let time = start.duration(to: .now)
            guard !isOpen, time > .milliseconds(900), time < .milliseconds(2_500) else {
                throw TestFailure("an unfinished frame was \(isOpen ? "left open" : "closed") after \(time)")
            }
        }
    }
}
