/// The documented example, `config/brain-memoryd.yaml`: the manual of every key, written from the table.
public enum ExampleFile {
    /// The whole file.
    public static var text: String {
        let blocks = ConfigurationKeys.all.map { block($0).joined(separator: "\n") }
        return (header + blocks).joined(separator: "\n\n") + "\n"
    }

    private static let lineLength = 100

    private static let header = [
        """
        # The configuration of brain-memoryd: every key, with its type, unit, default and range.
        #
        #   brain-memoryd --config brain-memoryd.yaml                  serve with this file
        #   brain-memoryd --config brain-memoryd.yaml --check-config   only say what is wrong with it
        #   brain-memoryd --config brain-memoryd.yaml --dump-config    print every value, and where it came from
        #

        """
            + comment(
                "A key that is commented out has the value shown, its default: take the # away and change it. "
                    + "Keys may also be nested:")
            + "\n#   log:\n#     level: debug\n#\n"
            + comment(
                "Each key is also an environment variable and a flag, as named below. Flags win over the environment, "
                    + "the environment over systemd's credentials (see postgres.url), these over this file, and this "
                    + "file over the defaults. An unknown key, a key given "
                    + "twice or a value that is not allowed keeps the daemon from starting (exit code 78), even where "
                    + "another source wins; so does an unknown variable that begins with BRAIN_, except for: "
                    + foreignVariables + ".") + "\n#\n"
            + comment(
                "On SIGHUP (systemctl reload) the daemon reads all of it again. Keys that apply on reload are in force at "
                    + "once, for open connections too where nothing else is said; of the others the log names those that "
                    + "have changed, and a restart applies them. With a mistake in it nothing changes, and the log says "
                    + "what is wrong.")
    ]

    private static var foreignVariables: String {
        ConfigurationKeys.foreignVariables.sorted { $0.key < $1.key }
            .map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }

    private static func block(_ key: ConfigurationKey) -> [String] {
        let flags = ConfigurationKeys.shortFlags.filter { $0.value.name == key.name }.keys.sorted() + [key.flag]
        let facts = [
            ("type", key.typeDescription),
            ("unit", key.unit ?? "none"),
            ("default", key.defaultText.isEmpty ? "empty" : key.defaultText),
            range(key),
            ("flag", flags.joined(separator: ", ")),
            ("variable", key.environmentVariable),
            ("applies", key.isReloadable ? "on reload" : "on restart"),
        ]
        let lines =
            key.documentation.map { comment($0) }
            + facts.map { name, text in "#     \(name):".padded(to: 16) + text }
        return lines + [(key.exampleText == nil ? "#" : "") + "\(key.name): \(yaml(key))"]
    }

    private static func range(_ key: ConfigurationKey) -> (String, String) {
        guard case .integer(let range) = key.type else { return ("allowed", key.allowedDescription) }
        return ("range", "\(range.lowerBound) to \(range.upperBound)")
    }

    private static func yaml(_ key: ConfigurationKey) -> String {
        let text = key.exampleText ?? key.defaultText
        switch key.type {
        case .integer, .rules, .choice, .schedule: return text
        case .octal: return ScalarText.quoted(text)
        case .user, .path, .connectionString, .redisURL, .prefix, .name, .group: return text.isEmpty ? "\"\"" : text
        }
    }

    /// A paragraph as comment lines; one that starts with a space is an example and stays as it is.
    private static func comment(_ paragraph: String) -> String {
        guard paragraph.first != " " else { return "# " + paragraph }
        var lines: [String] = []
        var line = "#"
        for word in paragraph.split(separator: " ") {
            if line.count + 1 + word.count > lineLength && line != "#" {
                lines.append(line)
                line = "#"
            }
            line += " " + word
        }
        return (lines + [line]).joined(separator: "\n")
    }
}

extension String {
    /// The text with spaces after it, up to a width in characters.
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
