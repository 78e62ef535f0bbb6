import Glibc

/// What keys must be like together, once each is good by itself.
enum ConfigurationChecks {
    /// Everything that is wrong with the values together.
    static func errors(in values: EffectiveValues) throws(ConfigurationErrors) -> [ConfigurationError] {
        typealias Keys = ConfigurationKeys
        let ordered = [
            (Keys.maxInFlightPerConnection, Keys.maxInFlight),
            (Keys.maxFrameBytes, Keys.maxBufferedBytesPerConnection),
            (Keys.maxBufferedBytesPerConnection, Keys.maxBufferedBytes),
        ]
        var errors: [ConfigurationError] = []
        for (lower, upper) in ordered {
            if let error = try order(lower, upper, values) { errors.append(error) }
        }
        if try values.text(Keys.postgresURL).isEmpty, try values.text(Keys.managedDirectory).isEmpty {
            errors.append(
                missing(Keys.postgresURL, "no PostgreSQL: set postgres.url, or managed.directory (--managed DIR)"))
        }
        if let error = try strictError(values) { errors.append(error) }
        if let error = try socketError(values) { errors.append(error) }
        return errors
    }

    /// Strict WAL that can't be had would be a promise not kept.
    private static func strictError(_ values: EffectiveValues) throws(ConfigurationErrors) -> ConfigurationError? {
        typealias Keys = ConfigurationKeys
        guard try values.text(Keys.backupsWAL) == "strict", try values.optionalText(Keys.postgresURL) != nil else {
            return nil
        }
        let missing: ConfigurationKey
        if try values.optionalText(Keys.backupsDirectory) == nil {
            missing = Keys.backupsDirectory
        } else if try values.optionalText(Keys.backupsReplicationURL) == nil {
            missing = Keys.backupsReplicationURL
        } else {
            return nil
        }
        return .init(
            .contradiction, key: Keys.backupsWAL.name, source(Keys.backupsWAL, values),
            "backups.wal is strict, which with postgres.url takes \(missing.name)")
    }

    /// Where the socket is when no path is given: `brain.sock` in the runtime directory that systemd made
    /// (`RuntimeDirectory=`, systemd.exec(5); the first, if it made several), or else in the managed directory.
    static func defaultSocketPath(_ values: EffectiveValues, environment: [String: String])
        throws(ConfigurationErrors) -> EffectiveValues.Entry?
    {
        if let directory = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first {
            return entry(in: String(directory), from: "$RUNTIME_DIRECTORY")
        }
        let directory = try values.text(ConfigurationKeys.managedDirectory)
        return directory.isEmpty ? nil : entry(in: directory, from: ConfigurationKeys.managedDirectory.name)
    }

    private static func entry(in directory: String, from origin: String) -> EffectiveValues.Entry {
        let path = directory.hasSuffix("/") ? directory + "brain.sock" : directory + "/brain.sock"
        return .init(value: .text(path), source: .derived(from: origin))
    }

    private static func order(_ lower: ConfigurationKey, _ upper: ConfigurationKey, _ values: EffectiveValues)
        throws(ConfigurationErrors) -> ConfigurationError?
    {
        let (low, high) = (try values.integer(lower), try values.integer(upper))
        guard low > high else { return nil }
        let (lowSource, highSource) = (source(lower, values), source(upper, values))
        // The one that somebody wrote is the one to look at.
        let key = lowSource == .builtIn ? upper : lower
        return .init(
            .contradiction, key: key.name, source(key, values),
            "\(lower.name) is \(low) (\(lowSource)); allowed: at most \(upper.name), which is \(high) (\(highSource))")
    }

    private static func socketError(_ values: EffectiveValues) throws(ConfigurationErrors) -> ConfigurationError? {
        let key = ConfigurationKeys.socketPath
        let path = try values.text(key)
        guard !path.isEmpty else {
            return missing(
                key,
                "no socket: set socket.path (--socket PATH) or managed.directory, or start with $RUNTIME_DIRECTORY")
        }
        let limit = ConfigurationKeys.socketPathMaxBytes
        guard path.utf8.count > limit else { return nil }
        return .init(
            .contradiction, key: key.name, source(key, values),
            "\(ScalarText.excerpt(path)) has \(path.utf8.count) bytes; allowed: at most \(limit)")
    }

    /// A daemon that is passed a socket serves that one; callers who look at another path, since it is configured, would
    /// find nobody.
    static func passedSocketError(_ passed: String, _ values: EffectiveValues) throws(ConfigurationErrors)
        -> ConfigurationError?
    {
        let key = ConfigurationKeys.socketPath
        let path = try values.text(key)
        guard path != passed, canonical(path) != canonical(passed) else { return nil }
        return .init(
            .contradiction, key: key.name, source(key, values),
            "\(ScalarText.excerpt(path)) is not where the service manager's socket listens, which is "
                + "\(ScalarText.excerpt(passed)); make them equal (ListenStream= of the socket unit), or leave it empty"
        )
    }

    /// The path without symbolic links: /var/run is /run.
    private static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func missing(_ key: ConfigurationKey, _ message: String) -> ConfigurationError {
        .init(.contradiction, key: key.name, .builtIn, message)
    }

    private static func source(_ key: ConfigurationKey, _ values: EffectiveValues) -> ConfigurationSource {
        values.source(of: key.name) ?? .builtIn
    }
}
