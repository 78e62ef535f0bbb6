import Foundation

/// What the argument parser knows of a command: the part of its `--experimental-dump-help` that a page shows.
public struct CommandHelp: Decodable, Sendable {
    /// An option, a flag or an argument.
    struct Argument: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            let kind: String
            let name: String

            /// As it is typed, `--agent`.
            var typed: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: String
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let abstract: String?
        let discussion: String?

        /// As it is typed, `--agent <agent>`.
        var term: String {
            let value = "<\(valueName ?? "value")>" + (isRepeating ? " …" : "")
            let names = (names ?? []).map(\.typed).joined(separator: ", ")
            switch kind {
            case "flag": return names
            case "option": return "\(names) \(value)"
            default: return value
            }
        }

        /// As it stands in a synopsis.
        var inSynopsis: String { isOptional ? "[\(term)]" : term }
    }

    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let defaultSubcommand: String?
    let arguments: [Argument]?
    let subcommands: [CommandHelp]?

    /// What is shown of the arguments, without those that every command has.
    var shownArguments: [Argument] {
        (arguments ?? []).filter { argument in
            argument.shouldDisplay && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
        }
    }

    /// The subcommands that are shown.
    var shownSubcommands: [CommandHelp] {
        (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// Reads the parser's JSON.
    ///
    /// - Parameter dump: what `_dumpHelp()` of the root command gives.
    /// - Throws: `DecodingError` when it is of another form, as after an upgrade of the parser.
    public init(dump: String) throws {
        struct Dump: Decodable {
            let command: CommandHelp
        }
        self = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
    }
}
