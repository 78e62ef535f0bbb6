import Configuration

/// Environment variables: `BRAIN_` and the key in capitals, `BRAIN_POSTGRES_URL`.
extension ConfigurationLayer {
    private static let prefix = "BRAIN_"

    /// Scans the variables that begin with `BRAIN_`.
    static func environment(_ variables: [String: String]) -> ConfigurationLayer {
        let own = variables.filter { $0.key.hasPrefix(prefix) && ConfigurationKeys.foreignVariables[$0.key] == nil }
        var layer = ConfigurationLayer()
        for (name, text) in own.sorted(by: { $0.key < $1.key }) {
            let source = ConfigurationSource.environment(name)
            if let key = ConfigurationKeys.all.first(where: { $0.environmentVariable == name }) {
                layer.add(key, text, source)
            } else {
                let known = ConfigurationKeys.all.map(\.environmentVariable)
                layer.errors.append(
                    .init(.unknownKey, source, "unknown variable" + Suggestion.text(for: name, among: known)))
            }
        }
        layer.provider = environmentProvider(own)
        return layer
    }

    private static func environmentProvider(_ variables: [String: String]) -> any ConfigProvider {
        let lists = Set(ConfigurationKeys.all.filter(\.isList).map(\.environmentVariable))
        let secrets = Set(ConfigurationKeys.all.filter(\.isSecret).map(\.environmentVariable))
        // The provider knows one separator; entries know two.
        let normalised = variables.map { name, text in
            (name, lists.contains(name) ? ConfigurationEntry.listItems(text).joined(separator: ";") : text)
        }
        return EnvironmentVariablesProvider(
            environmentVariables: Dictionary(uniqueKeysWithValues: normalised),
            secretsSpecifier: .specific(secrets), arraySeparator: ";"
        ).prefixKeys(with: "brain")
    }
}
