/// What a ``PostgresConnectionPool`` connects to, and its bounds.
public struct PostgresPoolConfiguration: Sendable {
    /// A libpq connection string: a URI or `keyword=value` pairs. Holds a password perhaps: not for logs.
    public var url: String
    /// The most connections, at least 1.
    public var size = 16
    /// Whether one more connection is kept for ``PostgresConnectionPool/probe(timeout:)``.
    public var hasProbe = true
    /// How many connections are kept open even when nobody asks, at most `size`.
    public var minimumConnections = 2
    /// How many callers may wait for a connection; more are answered `.busy`.
    public var maxWaiting = 1_024
    /// How long one attempt to connect may take.
    public var connectTimeout = Duration.seconds(2)
    /// The pause after a first failed attempt; it doubles with each further one, and half of it is random.
    public var minimumBackoff = Duration.milliseconds(50)
    /// The longest pause between attempts. Attempts never end.
    public var maximumBackoff = Duration.seconds(1)
    /// What `pg_stat_activity` shows, unless the connection string says otherwise.
    public var applicationName = "brain-memoryd"
    /// Further settings for each session, e.g. `["plan_cache_mode": "force_custom_plan"]`. They win over the driver's
    /// own (TimeZone UTC, synchronous_commit on, jit off, no statement_timeout, no lock_timeout).
    public var sessionSettings: [String: String] = [:]
    /// Called each time a connection has been made, on a thread of the pool's; must not block.
    public var onConnected: (@Sendable () -> Void)?
    /// A random number in 0..<1 for each call, for the backoff's and the retries' jitter.
    public var randomness: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// Told how long each caller waited for its connection. Called under the pool's lock: it must return at once.
    public var onWaited: (@Sendable (Duration) -> Void)?

    /// A configuration with the defaults above.
    public init(url: String) { self.url = url }

    /// Checks `url` without connecting.
    ///
    /// - Throws: `.unavailable` with a reason that quotes no part of the string.
    public static func validate(url: String) throws(PostgresError) { _ = try ConnectionString(url) }

    /// What is set in each session right after connecting, in the order of the names.
    var effectiveSessionSettings: [(name: String, value: String)] {
        var settings = [
            "client_encoding": "UTF8", "timezone": "UTC", "synchronous_commit": "on", "jit": "off",
            "statement_timeout": "0", "lock_timeout": "0",
        ]
        // PostgreSQL's names of settings have no case.
        for (name, value) in sessionSettings { settings[name.lowercased()] = value }
        // Without UTF-8 every text would be read wrongly: not for anyone to change.
        settings["client_encoding"] = "UTF8"
        return settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension PostgresPoolConfiguration: CustomStringConvertible, CustomReflectable {
    /// The bounds only: the connection string may hold a password.
    public var description: String { "PostgreSQL pool of \(size) as \(applicationName)" }

    /// As `description`: what prints a value by reflection gets no password either.
    public var customMirror: Mirror { Mirror(self, children: ["size": size, "applicationName": applicationName]) }
}
