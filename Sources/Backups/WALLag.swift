/// How far the stream is behind the server, in time: from what was seen of both at an interval. Pure.
struct WALLag: Sendable {
    /// Locations of the server's log, with the time when each was seen.
    private var samples: [(time: Duration, server: WALLocation)] = []

    /// How many samples are kept: at one a second, an hour. Of a longer lag only "more than that" is told.
    private static let maximumSamples = 3_600

    /// Takes a sample, and returns for how long the log has been written that is not received yet: zero when it has it all.
    mutating func take(server: WALLocation, received: WALLocation, now: Duration) -> Duration {
        samples.append((now, server))
        if samples.count > Self.maximumSamples { samples.removeFirst() }
        // Up to here all is received, so it is of no further interest but for the last.
        if let last = samples.lastIndex(where: { $0.server <= received }) { samples.removeFirst(last) }
        // Counted from when it was first seen to be missing, so what is on its way at one look is no lag.
        guard let first = samples.first(where: { $0.server > received }) else { return .zero }
        return now - first.time
    }
}
