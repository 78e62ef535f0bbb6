import Scheduling

/// Each key's value after flags, environment, file and defaults have been laid over each other, and its source.
struct EffectiveValues: Sendable {
    /// A value and where it came from.
    struct Entry: Sendable {
        let value: ConfigurationValue
        let source: ConfigurationSource
    }

    private var entries: [String: Entry] = [:]

    subscript(key: ConfigurationKey) -> Entry? {
        get { entries[key.name] }
        set { entries[key.name] = newValue }
    }

    /// Where the value of the key with that name came from.
    func source(of name: String) -> ConfigurationSource? { entries[name]?.source }

    func text(_ key: ConfigurationKey) throws(ConfigurationErrors) -> String {
        guard case .text(let text) = self[key]?.value else { throw mismatch(key) }
        return text
    }

    /// A text, nil when it is empty.
    func optionalText(_ key: ConfigurationKey) throws(ConfigurationErrors) -> String? {
        let text = try text(key)
        return text.isEmpty ? nil : text
    }

    func choice<Choice: RawRepresentable<String>>(_ key: ConfigurationKey) throws(ConfigurationErrors) -> Choice {
        guard let choice = Choice(rawValue: try text(key)) else { throw mismatch(key) }
        return choice
    }

    func schedule(_ key: ConfigurationKey) throws(ConfigurationErrors) -> Schedule {
        guard let schedule = Schedule(try text(key)) else { throw mismatch(key) }
        return schedule
    }

    func integer(_ key: ConfigurationKey) throws(ConfigurationErrors) -> Int {
        guard case .integer(let number) = self[key]?.value else { throw mismatch(key) }
        return number
    }

    func milliseconds(_ key: ConfigurationKey) throws(ConfigurationErrors) -> Duration {
        .milliseconds(try integer(key))
    }

    func mode(_ key: ConfigurationKey) throws(ConfigurationErrors) -> UInt32 {
        guard case .octal(let mode) = self[key]?.value else { throw mismatch(key) }
        return UInt32(mode)
    }

    func group(_ key: ConfigurationKey) throws(ConfigurationErrors) -> UInt32? {
        guard case .group(_, let number) = self[key]?.value else { throw mismatch(key) }
        return number
    }

    func rules(_ key: ConfigurationKey) throws(ConfigurationErrors) -> [ConfigurationValue.Rule] {
        guard case .rules(let rules) = self[key]?.value else { throw mismatch(key) }
        return rules
    }

    /// The table gives a key a type that its reader does not ask for: a bug, which every test that loads would show.
    private func mismatch(_ key: ConfigurationKey) -> ConfigurationErrors {
        ConfigurationErrors(
            .init(.badValue, key: key.name, self[key]?.source ?? .builtIn, "is not \(key.typeDescription)"))
    }
}
