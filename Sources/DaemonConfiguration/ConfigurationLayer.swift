import Configuration

/// One source of configuration: the flags, the environment, credentials, or the file.
///
/// swift-configuration's providers are lenient: they ignore what nobody asks for, and a value that does not convert
/// counts as absent. So each layer is first scanned into entries, which finds unknown and repeated keys and knows every
/// line, and only a layer without mistakes is handed to the `ConfigReader`, through `provider`.
struct ConfigurationLayer: Sendable {
    /// What the source gives, one entry for each key.
    var entries: [ConfigurationEntry] = []
    /// What is wrong with the source apart from its values.
    var errors: [ConfigurationError] = []
    /// The same source, for the `ConfigReader`; nil when it gives nothing.
    var provider: (any ConfigProvider)?

    /// The entry for a key.
    func entry(for key: ConfigurationKey) -> ConfigurationEntry? { entries.first { $0.key.name == key.name } }

    /// Everything wrong with the source, bad values included.
    func allErrors(accounts: AccountDirectory) -> [ConfigurationError] {
        entries.reduce(into: errors) { errors, entry in
            do throws(ConfigurationErrors) {
                _ = try entry.key.value(of: entry.content, accounts: accounts)
            } catch {
                errors += error.errors
            }
        }
    }
}
