/// What a ``RedisClient`` connects to, and its bounds.
public struct RedisClientConfiguration: Sendable {
    /// Where the server is.
    public var endpoint: RedisEndpoint
    /// How long one attempt may take: connect and handshake. (Looking a host name up has no time limit of ours.)
    public var connectTimeout = Duration.milliseconds(500)
    /// The pause after a connection is lost or a first attempt failed; it doubles with each further failure, and its
    /// upper half is random.
    public var minimumBackoff = Duration.milliseconds(50)
    /// The longest pause between attempts. Attempts never end.
    public var maximumBackoff = Duration.seconds(1)
    /// How many commands may be pending, queued or in flight, at once; beyond, `send` throws `.busy`.
    public var maxPendingCommands = 65_536
    /// How many bytes the pending commands may have; beyond, `send` throws `.busy`.
    public var maxPendingBytes = 256 * 1024 * 1024
    /// The commands sent at the start of each connection after AUTH and SELECT; called anew for each attempt, on the
    /// client's thread. The connection is used only when none of their replies is or holds an error.
    public var handshake: @Sendable () -> [RedisCommand] = { [] }
    /// Called on the client's thread when its state changes between ready and not ready, or the reason does. It must
    /// not block.
    public var onStateChange: @Sendable (RedisClient.State) -> Void = { _ in }
    /// A random number in 0..<1 for each call, for the backoff's jitter.
    public var randomness: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// A configuration with the defaults above.
    public init(endpoint: RedisEndpoint) { self.endpoint = endpoint }
}
