import Configuration

/// Loads the configuration: flags over environment over credentials over file over defaults.
public enum ConfigurationLoader {
    /// Loads and checks everything. Reads the file and looks up users and groups, so it blocks: call it before serving,
    /// or from a thread of its own.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for none.
    ///   - environment: every variable; those that begin with `BRAIN_` must be keys; `RUNTIME_DIRECTORY` and
    ///     `CREDENTIALS_DIRECTORY` are used.
    ///   - flags: the command line's flags for keys, without the program's name and without flags of its own such as
    ///     `--config`.
    ///   - passedSocket: where the socket listens that the service manager passed; nil when it passed none. It is
    ///     `socket.path` then, which may name no other.
    /// - Throws: every mistake of each source and value; if there are none, every contradiction between values.
    public static func load(
        file: String?, environment: [String: String], flags: [String], passedSocket: String? = nil
    ) throws(ConfigurationErrors) -> DaemonConfiguration {
        try load(
            file: file, environment: environment, flags: flags, passedSocket: passedSocket, accounts: .system)
    }

    static func load(
        file: String?, environment: [String: String], flags: [String], passedSocket: String? = nil,
        accounts: AccountDirectory
    ) throws(ConfigurationErrors) -> DaemonConfiguration {
        let layers = try layers(file: file, environment: environment, flags: flags, accounts: accounts)
        var values = try effectiveValues(of: layers, accounts: accounts)
        if try values.text(ConfigurationKeys.socketPath).isEmpty, let passedSocket {
            values[ConfigurationKeys.socketPath] = .init(
                value: .text(passedSocket), source: .derived(from: "the service manager's socket"))
        } else if try values.text(ConfigurationKeys.socketPath).isEmpty,
            let path = try ConfigurationChecks.defaultSocketPath(values, environment: environment)
        {
            values[ConfigurationKeys.socketPath] = path
        }
        var contradictions = try ConfigurationChecks.errors(in: values)
        if let passedSocket, let error = try ConfigurationChecks.passedSocketError(passedSocket, values) {
            contradictions.append(error)
        }
        guard contradictions.isEmpty else { throw ConfigurationErrors(contradictions) }
        return try DaemonConfiguration(values)
    }

    /// The sources without mistakes, the one that wins first. A bad value is a mistake even where a better source hides
    /// it: it would come to light on the day that source goes away.
    private static func layers(
        file: String?, environment: [String: String], flags: [String], accounts: AccountDirectory
    ) throws(ConfigurationErrors) -> [ConfigurationLayer] {
        var layers = [
            ConfigurationLayer.flags(flags), .environment(environment),
            .credentials(in: environment["CREDENTIALS_DIRECTORY"]),
        ]
        var errors = layers.flatMap { $0.allErrors(accounts: accounts) }
        if let file {
            do throws(ConfigurationErrors) {
                let layer = try ConfigurationLayer.file(file)
                errors += layer.allErrors(accounts: accounts)
                layers.append(layer)
            } catch {
                errors += error.errors
            }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        return layers
    }

    private static func effectiveValues(of layers: [ConfigurationLayer], accounts: AccountDirectory)
        throws(ConfigurationErrors) -> EffectiveValues
    {
        let reader = ConfigReader(providers: layers.compactMap(\.provider))
        var values = EffectiveValues()
        for key in ConfigurationKeys.all {
            let source = layers.lazy.compactMap { $0.entry(for: key)?.source }.first
            let content = try content(of: key, source: source, reader: reader)
            values[key] = .init(
                value: try key.value(of: content, accounts: accounts), source: source ?? .builtIn)
        }
        return values
    }

    private static func content(of key: ConfigurationKey, source: ConfigurationSource?, reader: ConfigReader)
        throws(ConfigurationErrors) -> ConfigurationEntry.Content
    {
        guard let source else { return key.defaultContent }
        let name = ConfigKey(key.name)
        do {
            guard key.isList else {
                let text = try reader.requiredString(forKey: name, isSecret: key.isSecret)
                return .scalar(.init(text: text, source: source))
            }
            let texts = try reader.requiredStringArray(forKey: name, isSecret: key.isSecret)
            return .list(texts.map { .init(text: $0, source: source) }, source)
        } catch {
            // The scan has found a value there, so this is a bug; never fall back to the default in silence.
            throw ConfigurationErrors(.init(.badValue, key: key.name, source, "cannot be read: \(error)"))
        }
    }
}

extension ConfigurationKey {
    /// The default as if a source had given it; the only list's default is empty.
    fileprivate var defaultContent: ConfigurationEntry.Content {
        isList ? .list([], .builtIn) : .scalar(.init(text: defaultText, source: .builtIn))
    }
}
