public import MemoryModel
import MonotonicClock

/// What the service needs of the world: time, randomness and what the daemon was started with.
public struct ServiceEnvironment: Sendable {
    /// The wall clock.
    public var now: @Sendable () -> Timestamp

    /// Makes the id of a memory that came without one, at the given instant.
    public var makeID: @Sendable (Timestamp) -> MemoryID

    /// When the daemon began to serve.
    public var startedAt: MonotonicInstant

    /// The daemon's version.
    public var version: String

    /// The limits in force, by name, as `getHealth` tells them.
    public let limits: LiveValue<[String: Int64]>

    /// How old statistics may be that answer a call without `fresh`.
    public let statisticsMaximumAge: LiveValue<Duration>

    /// Why there is no cache though there should be one, as `getHealth` tells it; nil when none is wanted.
    public var cacheFailure: String?

    /// How long `getHealth` waits for the store.
    static let healthTimeout = Duration.milliseconds(60)

    /// Makes an environment of its parts; ids are UUIDs of version 7.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        makeID: @escaping @Sendable (Timestamp) -> MemoryID = { now in
            var generator = SystemRandomNumberGenerator()
            return MemoryID(uuidVersion7At: now, using: &generator)
        },
        startedAt: MonotonicInstant, version: String, limits: [String: Int64], statisticsMaximumAge: Duration,
        cacheFailure: String? = nil
    ) {
        self.now = now
        self.makeID = makeID
        self.startedAt = startedAt
        self.version = version
        self.limits = LiveValue(limits)
        self.statisticsMaximumAge = LiveValue(statisticsMaximumAge)
        self.cacheFailure = cacheFailure
    }
}
