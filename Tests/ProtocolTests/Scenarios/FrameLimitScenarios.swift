import DaemonFixture
import Testing

/// How long frames may be, and how long they may take.
extension Scenario {
    private static let ping = Client.request("ping")
    private static let most = 16_777_216

    /// A ping of so many bytes.
    private static func ping(bytes: Int) -> [UInt8] { ping + [UInt8](repeating: 0x20, count: bytes - ping.count) }

    static let frameLimits: [Scenario] = [
        wire("a frame of 16 MiB is read, one byte more is too large", .frameLimit, .frameTooLarge) { socket in
            try socket.send(frame: ping(bytes: most))
            #expect(try receive(socket)?.result == [:])
            try expectTooLarge(socket, declaring: most + 1)
        },
        wire(
            "the limit of frames is configurable", .frameLimit, .frameTooLarge,
            in: .fresh(.init(flags: ["--limits-max-frame-bytes", "65536"]))
        ) { socket in
            try socket.send(frame: ping(bytes: 65_536))
            #expect(try receive(socket)?.result == [:])
            try expectTooLarge(socket, declaring: 65_537)
        },
        wire("requests before a frame that is too large are answered", .frameLimit) { socket in
            for id in 0..<20 { try socket.send(frame: Client.request("count", id: String(id))) }
            try socket.send([0xFF, 0xFF, 0xFF, 0xFF])
            var (ids, kinds) = (Set<Int>(), [String]())
            while let answer = try receive(socket) {
                if let id = answer.id.int { ids.insert(id) }
                if let failure = answer.failure { kinds.append(failure.kind) }
            }
            #expect(ids == Set(0..<20) && kinds == ["frame_too_large"])
        },
        Scenario(
            "memory is not taken by the declared length", .noAllocationByLength, in: .fresh(.init()), over: [.socket],
            run: declared),
        wire(
            "a frame must be complete in time, an idle connection need not", .frameTime,
            in: .fresh(.init(flags: ["--limits-frame-timeout-ms", "600"]))
        ) { socket in
            try socket.send(frame: ping)
            #expect(try receive(socket) != nil)
            #expect(throws: (any Error).self) { try socket.receive(within: .milliseconds(1_200)) }
            try socket.send(frame: ping)
            #expect(try receive(socket) != nil)
            // A byte now and then does not win time.
            let begun = ContinuousClock.now
            let frame = UnixSocket.frame(ping)
            var sent = 0
            while true {
                if sent < 8 { try socket.send([frame[sent]]) }
                sent += 1
                do {
                    let bytes = try socket.receive(within: .milliseconds(100))
                    #expect(bytes == nil)
                    break
                } catch is TestFailure where sent < 60 {}
            }
            let elapsed = ContinuousClock.now - begun
            #expect(elapsed > .milliseconds(500) && elapsed < .seconds(3))
        },
        wire("a frame has 5 s by default", .frameTime) { socket in
            let begun = ContinuousClock.now
            try socket.send(Array(UnixSocket.frame(ping).dropLast()))
            #expect(try socket.receive(within: .seconds(15)) == nil)
            let elapsed = ContinuousClock.now - begun
            #expect(elapsed > .milliseconds(4_900) && elapsed < .seconds(8))
        },
    ]

    private static func expectTooLarge(_ socket: UnixSocket, declaring length: Int) throws {
        try socket.send(withUnsafeBytes(of: UInt32(length).bigEndian) { Array($0) })
        let answer = try #require(try receive(socket))
        #expect(answer.id == .null && answer.failure?.kind == "frame_too_large")
        // The daemon shuts its side, and lets the client send on for a while.
        #expect(try socket.receive(within: .milliseconds(900)) == nil)
        try socket.send([UInt8](repeating: 0x20, count: 1_000_000), within: .seconds(1))
        let begun = ContinuousClock.now
        #expect(throws: UnixSocket.Closed.self) {
            while ContinuousClock.now - begun < .seconds(5) { try socket.send([0x20], within: .seconds(5)) }
        }
        #expect(ContinuousClock.now - begun < .seconds(2))
    }

    @Sendable private static func declared(_ world: World) async throws {
        let daemon = try world.daemon
        let path = daemon.socketPath
        _ = try await world.client.result("ping")
        let before = try #require(daemon.residentBytes)
        try await OwnThread.run {
            let sockets = try (0..<60).map { _ in try UnixSocket(path: path) }
            defer { for socket in sockets { socket.close() } }
            for (index, socket) in sockets.enumerated() {
                // Half of them say what is allowed, the others far more.
                try socket.send(index % 2 == 0 ? [1, 0, 0, 0, 0x20] : [0xFF, 0xFF, 0xFF, 0xFF, 0x20])
            }
            for socket in sockets.enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
                #expect(try receive(socket)?.failure?.kind == "frame_too_large")
            }
            let after = try #require(daemon.residentBytes)
            #expect(after - before < 32 << 20)
        }
    }
}
