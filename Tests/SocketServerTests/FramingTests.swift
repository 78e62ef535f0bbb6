import MemoryModel
import MemoryService
import MonotonicClock
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import WireProtocol

@testable import SocketServer

/// The handler on a channel without a socket, whose clock the test turns.
@Suite("Framing, in no time")
struct FramingTests {
    private let observer = Observations()
    private let admission: Admission = {
        var bounds = AdmissionBounds(maximumInFlight: 10, maximumBytes: 1_000_000)
        // However slow the machine is, no connection has used up its share of the loop, whose clock is not the test's.
        bounds.loops = 1_000
        return Admission(bounds)
    }()
    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(handler: Self.handler(admission, observer))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
    }

    private static func handler(
        _ admission: Admission, _ observer: Observations, flushQueue: FlushQueue? = nil
    ) -> ConnectionHandler {
        var configuration = SocketServerConfiguration(path: "")
        configuration.maximumFrameBytes = 1_000
        configuration.frameTimeout = .seconds(5)
        let environment = ServiceEnvironment(
            now: { .earliest }, startedAt: .now, version: "test", limits: [:], statisticsMaximumAge: .zero)
        let repository = InMemoryRepository(now: { .earliest })
        let processor = RequestProcessor(
            service: MemoryService(repository: repository, environment: environment), observer: observer,
            standardDeadlineMilliseconds: 5_000)
        let peer = Peer(uid: 1, gid: 1, pid: 1)
        return ConnectionHandler(
            processor: processor, admission: admission, flushQueue: flushQueue,
            access: PeerAccess(
                of: peer,
                by: AccessControl(AccessPolicy(rules: [], administratorGroup: nil, daemonUser: 0))),
            observer: observer, configuration: configuration)
    }

    private func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// How many answers were written since the last look.
    private func answers() throws -> Int {
        // Several may come in one piece.
        var decoder = FrameDecoder(maximumFrameBytes: 65_536)
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) { decoder.append(&bytes) }
        var count = 0
        while case .frame = decoder.next() { count += 1 }
        return count
    }

    /// A frame that is answered at once: it is no JSON.
    private static let faulty = FrameEncoder.frame(Array("{".utf8))

    @Test("an idle connection stays open")
    func idle() throws {
        try receive(Self.faulty)
        channel.embeddedEventLoop.advanceTime(by: .hours(100))
        #expect(channel.isActive)
        #expect(try answers() == 1)
    }

    @Test("an unfinished frame is given up after its time, whatever drips in", arguments: [1, 2, 4, 5])
    func dripFed(first: Int) throws {
        let frame = FrameEncoder.frame([UInt8](repeating: 0x20, count: 900))
        try receive(Array(frame.prefix(first)))
        for second in 1...4 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try receive([frame[first + second - 1]])
        }
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        #expect(try answers() == 0)
        #expect(observer.all.contains { if case .frameTimedOut = $0 { true } else { false } })
    }

    @Test("each frame has its own time, also when some frame is always unfinished")
    func slowButSteady() throws {
        try receive(Array(Self.faulty.prefix(3)))
        for round in 1...10 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(4))
            try receive(Array(Self.faulty.dropFirst(3)) + Array(Self.faulty.prefix(3)))
            #expect(channel.isActive, "round \(round)")
            #expect(try answers() == 1)
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive)
    }

    @Test("a frame that was finished in time leaves no timer behind")
    func finished() throws {
        try receive(Array(Self.faulty.prefix(4)))
        channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        try receive(Array(Self.faulty.dropFirst(4)))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        #expect(try answers() == 1)
    }

    @Test("after a frame that is too large, nothing is read as a frame again")
    func tooLarge() throws {
        try receive(Self.faulty + [0, 0, 3, 233] + Self.faulty + Self.faulty)
        #expect(try answers() == 2)
        try receive(Self.faulty)
        #expect(try answers() == 0)
    }

    @Test("answers are written when the loop has looked at all connections, and before it sleeps")
    func writtenTogether() throws {
        let loop = EmbeddedEventLoop()
        let queue = FlushQueue(loop)
        let channels = try (0..<3).map { _ in
            let channel = EmbeddedChannel(loop: loop)
            try channel.pipeline.syncOperations.addHandler(Self.handler(admission, observer, flushQueue: queue))
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
            return channel
        }
        for _ in 0..<2 {
            for channel in channels.dropLast() { channel.pipeline.fireChannelRead(ByteBuffer(bytes: Self.faulty)) }
            for channel in channels { #expect(try channel.readOutbound(as: ByteBuffer.self) == nil) }
            loop.run()
            for channel in channels.dropLast() { #expect(try channel.readOutbound(as: ByteBuffer.self) != nil) }
            #expect(try channels[2].readOutbound(as: ByteBuffer.self) == nil)
        }
        #expect(admission.heldBytes == 0)
        // Nothing is written to one that was closed meanwhile.
        channels[0].pipeline.fireChannelRead(ByteBuffer(bytes: Self.faulty))
        channels[0].close(promise: nil)
        loop.run()
        #expect(try channels[0].readOutbound(as: ByteBuffer.self) == nil)
        #expect(admission.heldBytes == 0)
    }

    @Test("what a connection held is given back when it ends")
    func heldBytes() throws {
        try receive([0, 0, 3, 0] + [UInt8](repeating: 0, count: 700))
        #expect(!admission.isMemoryShort(for: 1))
        _ = admission.hold(bytes: 1_000_000 - 704, of: 2)
        #expect(admission.isMemoryShort(for: 1))
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        #expect(!admission.isMemoryShort(for: 1))
    }
}
