extension DaemonConfiguration {
    /// Every key's effective value as YAML, each with its source, passwords replaced by `***`.
    ///
    /// Loaded as a configuration file it gives the same values again, but for such passwords.
    public func dump() -> String {
        var lines = ["# The effective configuration of brain-memoryd: each key's value, and where it came from."]
        for key in ConfigurationKeys.all {
            guard let entry = values[key] else { continue }
            lines += key.lines(of: entry.value, comment: entry.source.description)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ConfigurationKey {
    /// The key and a value as lines of YAML.
    fileprivate func lines(of value: ConfigurationValue, comment: String) -> [String] {
        func line(_ text: String) -> [String] { ["\(name): \(text)  # \(comment)"] }
        switch value {
        case .text(let text):
            let shown = isSecret ? redacted(text) ?? "***" : text
            return line(ScalarText.quoted(shown))
        case .integer(let number): return line(String(number))
        case .octal(let mode): return line(ScalarText.quoted(ConfigurationValue.octalText(mode)))
        case .group(let text, _): return line(ScalarText.quoted(text))
        case .rules(let rules) where rules.isEmpty: return line("[]")
        case .rules(let rules):
            return ["\(name):  # \(comment)"] + rules.map { "  - " + ScalarText.quoted($0.text) }
        }
    }
}
