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

    /// The most connections of one user (a uid) open at once; further ones are `busy`.
    public var maximumConnectionsPerUser: Int

    /// The most requests of one connection in flight; then it is read no further until one is answered.
    public var maximumInFlightPerConnection: Int

    /// The most requests of all connections in flight; then further ones are `busy`.
    public var maximumInFlight: Int

    /// The most requests of one user's connections in flight; then further ones are `busy`. At least
    /// ``maximumInFlightPerConnection``.
    public var maximumInFlightPerUser: Int

    /// The most bytes of one connection's requests in flight and unread answers; then it is read no further.
    public var maximumBufferedBytesPerConnection: Int

    /// The most bytes of all connections' requests in flight and unread answers; then further ones are `busy`.
    public var maximumBufferedBytes: Int

    /// The most bytes of one user's requests in flight and unread answers; then further ones are `busy`. At least
    /// ``maximumBufferedBytesPerConnection``.
    public var maximumBufferedBytesPerUser: Int

    /// How long a request of a user with several connections may have to wait for its turn when more than can be done has
    /// been asked for a second or longer; those beyond are `busy`. Zero: connections are read more slowly instead.
    public var maximumQueueWait = Duration.zero

    /// How many requests of one user may be worked on at the same time while others are active and it has used no more than
    /// its share of late.
    public var sharedConcurrency = 6

    /// The same when it has used more.
    public var heavyConcurrency = 1

    /// Threads that read requests and write answers, at least one.
    public var eventLoops = 2

    /// How long requests in flight may go on when the daemon is told to stop.
    public var shutdownGrace: Duration

    /// Makes a configuration of its parts. One user may have as much as all may, unless it is said how much.
    public init(
        path: String, adoptedSocket: Int32? = nil, mode: UInt32 = 0o660, group: UInt32? = nil,
        maximumFrameBytes: Int = 16_777_216,
        frameTimeout: Duration = .seconds(5), maximumConnections: Int = 512, maximumInFlightPerConnection: Int = 256,
        maximumInFlight: Int = 4_096, maximumBufferedBytesPerConnection: Int = 33_554_432,
        maximumBufferedBytes: Int = 536_870_912, maximumConnectionsPerUser: Int? = nil,
        maximumInFlightPerUser: Int? = nil, maximumBufferedBytesPerUser: Int? = nil,
        shutdownGrace: Duration = .seconds(10)
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
        self.maximumConnectionsPerUser = maximumConnectionsPerUser ?? .max
        self.maximumInFlightPerUser = maximumInFlightPerUser ?? .max
        self.maximumBufferedBytesPerUser = maximumBufferedBytesPerUser ?? .max
        self.shutdownGrace = shutdownGrace
    }
}

extension SocketServerConfiguration {
    /// The bounds that all connections share.
    var admissionBounds: AdmissionBounds {
        var bounds = AdmissionBounds(maximumInFlight: maximumInFlight, maximumBytes: maximumBufferedBytes)
        bounds.maximumConnections = maximumConnections
        bounds.maximumConnectionsPerUser = maximumConnectionsPerUser
        bounds.maximumInFlightPerUser = maximumInFlightPerUser
        bounds.maximumBytesPerUser = maximumBufferedBytesPerUser
        bounds.line.maximumWait = maximumQueueWait
        bounds.loops = eventLoops
        bounds.turns.shared = sharedConcurrency
        bounds.turns.heavy = heavyConcurrency
        // Of small work, which PostgreSQL is given in groups, enough for large ones; and of large work twice what the
        // processors can do.
        let small = 8 * (sharedConcurrency + 2)
        bounds.turns.alone = [
            .status: 16, .single: small, .small: small, .bulk: 4 * heavyConcurrency,
            .decoding: 4 * heavyConcurrency,
        ]
        return bounds
    }
}

/// Bounds and times of the server that are not worth a configuration key.
enum ServerLimits {
    /// Payloads over so many bytes are decoded off the event loop, so that they don't hold up other connections.
    static let largestInlinePayloadBytes = 65_536

    /// Queries of at most so many memories are carried out on the event loop.
    static let shortPage = 20

    /// The longest payload that is looked at for whether it can be answered at once, without being decoded first.
    static let longestPlainPayloadBytes = 1_024

    /// Bytes of answers that a connection may leave unread and still be answered at once: beyond that its requests are
    /// counted and take turns.
    static let unreadBytesBeforeTurns = 262_144

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

    /// How often a connection looks whether memory is free again, or less of its user's work waits.
    static let pollInterval = Duration.milliseconds(50)

    /// For how long a connection is not read after a request of it was refused for the length of its user's line: a flood is
    /// read and refused many requests at a time, which costs a fraction of doing it one by one.
    static let refusalPause = Duration.milliseconds(5)

    /// Bytes of an unfinished frame that a connection may hold while memory is short.
    static let frameBytesUnderPressure = 65_536

    /// How long the listener pauses after `accept` failed for want of descriptors or memory.
    static let acceptPause = Duration.milliseconds(100)

    /// Users of whom nothing is there but what they have used of late, before those are looked through.
    static let rememberedUsers = 64

    /// For how long after its last request a user counts as active, so that others have no more than their share.
    static let activityMemory = Duration.seconds(1)

    /// Requests of one user that wait for their turn; then its connections are slowed.
    static let waitingBeforePause = 64

    /// How long frames that were read wait to be decoded for that reason.
    static let longestUndecoded = Duration.milliseconds(200)

    /// The shortest time after which a connection whose user has used up its share of the loops' time goes on. It must not
    /// be due when it is set: NIO looks at sockets only when no task is due.
    static let shortestPace = Duration.microseconds(100)

    /// The event loops' time that taking over a connection is counted as.
    static let costOfConnection = Duration.microseconds(500)

    /// Connections that wait to be told that there is no room for them; further ones are told at once.
    static let refusedConnections = 128

    /// The queue of connections that the kernel holds for `accept`.
    static let backlog: Int32 = 512
}
