/// A bound of what one user may have of the daemon, all its connections together. The raw value is the configuration's key.
public enum UserBound: String, CaseIterable, Sendable {
    /// Connections open at the same time.
    case connections = "limits.max_connections_per_uid"

    /// Requests in flight.
    case inFlight = "limits.max_in_flight_per_uid"

    /// Bytes of requests in flight and answers that were not read.
    case bufferedBytes = "limits.max_buffered_bytes_per_uid"

    /// How long requests wait for their turn.
    case queueWait = "limits.max_queue_wait_ms"
}
