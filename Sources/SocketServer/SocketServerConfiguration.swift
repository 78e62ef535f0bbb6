/// Where the daemon listens, and the bounds of what it takes on.
public struct SocketServerConfiguration: Sendable {
    /// The socket's path, at most 107 bytes.
    public var path: String

    /// A socket that listens at `path` already, non-blocking: then `mode` and `group` are not looked at. It belongs to the
    /// service manager, so its file stays when the server stops, and connections wait at it for the next one.
    public var adoptedSocket: Int32?

    /// The socket file's permission bits.
    public var mode: UInt32

    /// The group that owns the socket file; nil leaves the daemon's own.
    public var group: UInt32?

    /// The most bytes of a request frame's payload.
    public var maximumFrameBytes: Int

    /// How long a frame that has begun may take to be complete.
    public var frameTimeout: Duration

    /// The most connections open at once.
    public var maximumConnections: Int

    /// The most requests of one connection in flight; then it is read no further until one is answered.
    public var maximumInFlightPerConnection: Int

    /// The most requests of all connections in flight; then further ones are `busy`.
    public var maximumInFlight: Int

    /// The most bytes of one connection's requests in flight and unread answers; then it is read no further.
    public var maximumBufferedBytesPerConnection: Int

    /// The most bytes of all connections' requests in flight and unread answers; then further ones are `busy`.
    public var maximumBufferedBytes: Int

    /// How long requests in flight may go on when the daemon is told to stop.
    public var shutdownGrace: Duration

    /// Makes a configuration of its parts.
    public init(
        path: String, adoptedSocket: Int32? = nil, mode: UInt32 = 0o660, group: UInt32? = nil,
        maximumFrameBytes: Int = 16_777_216,
        frameTimeout: Duration = .seconds(5), maximumConnections: Int = 512, maximumInFlightPerConnection: Int = 256,
        maximumInFlight: Int = 4_096, maximumBufferedBytesPerConnection: Int = 33_554_432,
        maximumBufferedBytes: Int = 536_870_912, shutdownGrace: Duration = .seconds(10)
    ) {
        self.path = path
        self.adoptedSocket = adoptedSocket
        self.mode = mode
        self.group = group
        self.maximumFrameBytes = maximumFrameBytes
        self.frameTimeout = frameTimeout
        self.maximumConnections = maximumConnections
        self.maximumInFlightPerConnection = maximumInFlightPerConnection
        self.maximumInFlight = maximumInFlight
        self.maximumBufferedBytesPerConnection = maximumBufferedBytesPerConnection
        self.maximumBufferedBytes = maximumBufferedBytes
        self.shutdownGrace = shutdownGrace
    }
}

/// Bounds and times of the server that are not worth a configuration key.
enum ServerLimits {
    /// Payloads over so many bytes are decoded off the event loop, so that they don't hold up other connections.
    static let largestInlinePayloadBytes = 65_536

    /// How many times the bytes that a connection may hold (then it is read no further) the answers of requests that it has
    /// under way may have, each counted as the largest that it can be.
    static let answersUnderWayFactor = 2

    /// How long input is discarded after a frame was too large, so that the client can read the answer.
    static let discardTime = Duration.seconds(1)

    /// How long after its deadline a request is answered for the service, which should have done so itself.
    static let answerLateness = Duration.milliseconds(250)

    /// What `busy` tells the caller to wait.
    static let retryAfterMilliseconds = 100

    /// How long the last answers may take to be read by their clients at the end of a shutdown.
    static let flushTime = Duration.seconds(1)

    /// For how long a connection with nothing under way is told `shutting_down` at the end, while it keeps talking; and how
    /// long it must have been silent to be closed before that.
    static let farewellTime = Duration.milliseconds(250)
    static let farewellSilence = Duration.milliseconds(50)

    /// How often a connection looks whether memory is free again.
    static let memoryPollInterval = Duration.milliseconds(50)

    /// Bytes of an unfinished frame that a connection may hold while memory is short.
    static let frameBytesUnderPressure = 65_536

    /// How long the listener pauses after `accept` failed for want of descriptors or memory.
    static let acceptPause = Duration.milliseconds(100)

    /// The queue of connections that the kernel holds for `accept`.
    static let backlog: Int32 = 512

    /// Event loops, each a thread.
    static let eventLoops = 2
}
