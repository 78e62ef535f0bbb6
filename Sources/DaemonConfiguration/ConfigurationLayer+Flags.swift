import Configuration

/// Command-line flags: `--name value` or `--name=value`.
///
/// They are handed on as an `InMemoryProvider`: swift-configuration's own provider of command-line arguments splits
/// every value at its commas, which connection strings with several hosts and access rules hold, and passes over
/// flags that it does not know.
extension ConfigurationLayer {
    /// Scans flags, without the program's name.
    static func flags(_ arguments: [String]) -> ConfigurationLayer {
        var layer = ConfigurationLayer()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                layer.errors.append(
                    .init(.unknownKey, key: start(of: argument), .flag(nil), "unexpected argument; flags begin with --")
                )
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let flag = parts[0]
            var value = parts.count == 2 ? parts[1] : nil
            if value == nil, let next = rest.first, !next.hasPrefix("--") {
                value = next
                rest.removeFirst()
            }
            layer.add(flag: flag, value: value)
        }
        layer.provider = layer.memoryProvider
        return layer
    }

    /// Enough of a stray argument to find it. The rest may be a misplaced connection string with its password.
    private static func start(of argument: String) -> String {
        let start = argument.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }.prefix(40)
        return start.utf8.count == argument.utf8.count ? argument : start + "…"
    }

    private mutating func add(flag: String, value: String?) {
        let source = ConfigurationSource.flag(flag)
        guard let key = Self.key(forFlag: flag) else {
            let known = ConfigurationKeys.all.map(\.flag) + ConfigurationKeys.shortFlags.keys
            errors.append(.init(.unknownKey, source, "unknown flag" + Suggestion.text(for: flag, among: known)))
            return
        }
        guard let value else {
            errors.append(
                .init(
                    .missingValue, key: key.name, source,
                    "needs a value: \(key.allowedDescription); one that begins with -- is written \(flag)=VALUE"))
            return
        }
        add(key, value, source)
    }

    /// Adds the text of a flag or of a variable, which may hold a list.
    mutating func add(_ key: ConfigurationKey, _ text: String, _ source: ConfigurationSource) {
        let earlier = entries.firstIndex { $0.key.name == key.name }
        guard key.isList else {
            if let earlier {
                errors.append(.init(.duplicateKey, key: key.name, source, "given before by \(entries[earlier].source)"))
            } else {
                entries.append(.init(key: key, content: .scalar(.init(text: text, source: source))))
            }
            return
        }
        let items = ConfigurationEntry.listItems(text).map { ConfigurationEntry.Item(text: $0, source: source) }
        guard !items.isEmpty else {
            // An empty variable would silently lift every rule of the file.
            errors.append(
                .init(
                    .missingValue, key: key.name, source,
                    "needs a value: \(key.allowedDescription); an empty list is written only in the file"))
            return
        }
        if let earlier, case .list(let before, let first) = entries[earlier].content {
            entries[earlier] = .init(key: key, content: .list(before + items, first))
        } else {
            entries.append(.init(key: key, content: .list(items, source)))
        }
    }

    private static func key(forFlag flag: String) -> ConfigurationKey? {
        ConfigurationKeys.shortFlags[flag] ?? ConfigurationKeys.all.first { $0.flag == flag }
    }

    var memoryProvider: InMemoryProvider {
        let values = entries.map { entry -> (AbsoluteConfigKey, ConfigValue) in
            let content: ConfigContent =
                switch entry.content {
                case .scalar(let item): .string(item.text)
                case .list(let items, _): .stringArray(items.map(\.text))
                }
            return (AbsoluteConfigKey(ConfigKey(entry.key.name)), .init(content, isSecret: entry.key.isSecret))
        }
        return InMemoryProvider(name: "given", values: Dictionary(uniqueKeysWithValues: values))
    }
}
