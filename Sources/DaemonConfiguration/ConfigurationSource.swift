/// Where a value, or a mistake, came from.
public enum ConfigurationSource: Sendable, Hashable, CustomStringConvertible {
    /// The table's default.
    case builtIn
    /// A default that depends on something else, named here: `$RUNTIME_DIRECTORY`, `managed.directory`.
    case derived(from: String)
    /// A line of the configuration file, counted from 1; nil for the file as a whole.
    case file(path: String, line: Int?)
    /// An environment variable.
    case environment(String)
    /// A credential that systemd handed over, by its name.
    case credential(String)
    /// A command-line flag as it was given, `--socket`; nil for an argument that is no flag.
    case flag(String?)

    /// As shown in messages and dumps: `FILE:LINE`, `environment BRAIN_POSTGRES_URL`,
    /// `credential postgres.url`, `flag --postgres-url`.
    public var description: String {
        switch self {
        case .builtIn: "default"
        case .derived(let origin): "default, from \(origin)"
        case .file(let path, let line?): "\(ScalarText.printable(path)):\(line)"
        case .file(let path, nil): ScalarText.printable(path)
        case .environment(let name): "environment \(ScalarText.printable(name))"
        case .credential(let name): "credential \(ScalarText.printable(name))"
        case .flag(let name?): "flag \(ScalarText.printable(name))"
        case .flag(nil): "command line"
        }
    }
}
