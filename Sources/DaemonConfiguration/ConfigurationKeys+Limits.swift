import MemoryModel

/// The keys that bound what clients may use, and how old statistics may be.
extension ConfigurationKeys {
    static let maxFrameBytes = ConfigurationKey(
        "limits.max_frame_bytes", .integer(65_536...67_108_864), unit: "bytes", default: "16777216", reloadable: true,
        "The longest request that is read. A longer one is answered frame_too_large, and its connection closed.")

    static let frameTimeout = ConfigurationKey(
        "limits.frame_timeout_ms", .integer(100...600_000), unit: "milliseconds", default: "5000", reloadable: true,
        "How long a request may take to arrive once its first byte has; then its connection is closed.")

    static let maxConnections = ConfigurationKey(
        "limits.max_connections", .integer(1...65_536), unit: "connections", default: "512", reloadable: true,
        "How many clients may be connected at the same time.")

    static let maxConnectionsPerUser = ConfigurationKey(
        "limits.max_connections_per_uid", .integer(0...65_536), unit: "connections", default: "0", reloadable: true,
        "How many connections one user, by its uid, may have of them; further ones are answered busy. 0: seven eighths of "
            + "limits.max_connections, so that one user alone can have most, and others always get in. At most "
            + "limits.max_connections.")

    static let maxInFlightPerConnection = ConfigurationKey(
        "limits.max_in_flight_per_connection", .integer(1...65_536), unit: "requests", default: "256", reloadable: true,
        "How many requests of one connection may be worked on at the same time, as of when it was made. At this number the connection is "
            + "no longer read from until an answer has been sent. At most limits.max_in_flight.")

    static let maxInFlight = ConfigurationKey(
        "limits.max_in_flight", .integer(1...1_048_576), unit: "requests", default: "4096",
        "How many requests of all connections together may be worked on at the same time; those beyond it are "
            + "answered busy.")

    static let maxInFlightPerUser = ConfigurationKey(
        "limits.max_in_flight_per_uid", .integer(0...1_048_576), unit: "requests", default: "0",
        "How many requests of one user's connections together may be worked on at the same time; those beyond it are "
            + "answered busy. 0: seven eighths of limits.max_in_flight, or limits.max_in_flight_per_connection if that is "
            + "more. At least that, at most limits.max_in_flight.",
        "Whatever it is, a user that asks for more than its share while others are active too waits for its turn: its "
            + "requests are worked on one at a time, or a few.")

    static let maxQueueWait = ConfigurationKey(
        "limits.max_queue_wait_ms", .integer(0...60_000), unit: "milliseconds", default: "5",
        "How long a request may have to wait for its turn when its user has asked for more than can be done for a second or "
            + "longer; those that would wait for longer are answered busy, but for 64 that may wait in any case. 0: they "
            + "all wait, and their connections are read more slowly. So it always is for that second, and for a user with one "
            + "connection.")

    static let maxBufferedBytesPerConnection = ConfigurationKey(
        "limits.max_buffered_bytes_per_connection", .integer(65_536...1_099_511_627_776), unit: "bytes",
        default: "33554432", reloadable: true,
        "How many bytes of requests and answers one connection may hold in memory, as of when it was made. At this number it is no longer "
            + "read from until its client has read answers. At least limits.max_frame_bytes, at most "
            + "limits.max_buffered_bytes.")

    static let maxBufferedBytes = ConfigurationKey(
        "limits.max_buffered_bytes", .integer(65_536...1_099_511_627_776), unit: "bytes", default: "536870912",
        "How many bytes of requests and answers all connections together may hold in memory.")

    static let maxBufferedBytesPerUser = ConfigurationKey(
        "limits.max_buffered_bytes_per_uid", .integer(0...1_099_511_627_776), unit: "bytes", default: "0",
        "How many of these bytes one user's connections together may hold; beyond it their requests are answered busy. 0: "
            + "seven eighths of limits.max_buffered_bytes, or limits.max_buffered_bytes_per_connection if that is more. At "
            + "least that, at most limits.max_buffered_bytes.")

    static let shutdownGrace = ConfigurationKey(
        "limits.shutdown_grace_ms", .integer(0...600_000), unit: "milliseconds", default: "10000", reloadable: true,
        "How long requests in flight may take to finish once the daemon has been told to stop; then they are "
            + "answered shutting_down.")

    static let defaultDeadline = ConfigurationKey(
        "limits.default_deadline_ms", .integer(deadlines), unit: "milliseconds", default: "5000", reloadable: true,
        "How long a request may take that brings no deadlineMs of its own.")

    /// What the protocol lets a request ask for.
    private static let deadlines: ClosedRange<Int> =
        Int(Limits.deadlineMilliseconds.lowerBound)...Int(Limits.deadlineMilliseconds.upperBound)

    static let statsMaxAge = ConfigurationKey(
        "stats.max_age_ms", .integer(0...86_400_000), unit: "milliseconds", default: "60000", reloadable: true,
        "How old the stored statistics may be before getStats computes them anew; 0 computes them each time.")
}
