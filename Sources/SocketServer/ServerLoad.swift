/// How much a server has taken on at one moment, and how much it may.
public struct ServerLoad: Hashable, Sendable {
    /// One thing that is bounded.
    public struct Measure: Hashable, Sendable {
        /// How much there is.
        public var now: Int

        /// How much there may be.
        public var limit: Int

        /// Makes a measure of its parts.
        public init(now: Int, limit: Int) {
            self.now = now
            self.limit = limit
        }
    }

    /// Connections open.
    public var connections: Measure

    /// Requests of all connections in flight.
    public var requests: Measure

    /// Bytes of requests in flight and of answers that were not read yet.
    public var bufferedBytes: Measure

    /// Makes a load of its parts.
    public init(connections: Measure, requests: Measure, bufferedBytes: Measure) {
        self.connections = connections
        self.requests = requests
        self.bufferedBytes = bufferedBytes
    }
}
