extension ManualPage {
    /// Begins the page of a program: its name, synopsis, description, options and subcommands.
    ///
    /// - Parameters:
    ///   - command: the program's root command.
    ///   - section: the manual's section.
    ///   - version: the product's version.
    public init(_ command: CommandHelp, section: Int, version: String) {
        let summary = command.abstract ?? ""
        self.init(
            name: command.commandName, section: section,
            summary: summary.hasSuffix(".") ? String(summary.dropLast()) : summary, version: version)
        heading("SYNOPSIS")
        prose(Self.synopsis(command, path: []))
        heading("DESCRIPTION")
        prose(command.discussion ?? summary)
        add(command.shownArguments, under: "OPTIONS")
        guard !command.shownSubcommands.isEmpty else { return }
        heading("COMMANDS")
        for subcommand in command.shownSubcommands { add(subcommand, path: [command.commandName]) }
    }

    private mutating func add(_ command: CommandHelp, path: [String]) {
        let whole = path + [command.commandName]
        if command.shownSubcommands.isEmpty || command.discussion != nil {
            subheading(whole.dropFirst().joined(separator: " "))
            prose(Self.synopsis(command, path: path))
            if let abstract = command.abstract { prose(abstract) }
            if let discussion = command.discussion { prose(discussion) }
            add(command.shownArguments, under: nil)
        }
        for subcommand in command.shownSubcommands { add(subcommand, path: whole) }
    }

    private mutating func add(_ arguments: [CommandHelp.Argument], under title: String?) {
        guard !arguments.isEmpty else { return }
        if let title { heading(title) }
        for argument in arguments {
            var detail = argument.abstract ?? ""
            if let value = argument.defaultValue { detail += " (default: \(value))" }
            if let more = argument.discussion { detail += "\n" + more }
            item(argument.term, detail)
        }
    }

    private static func synopsis(_ command: CommandHelp, path: [String]) -> String {
        let words = path + [command.commandName]
        let rest = command.shownArguments.map(\.inSynopsis)
        let command =
            command.shownSubcommands.isEmpty ? [] : [command.defaultSubcommand == nil ? "<command>" : "[<command>]"]
        return (words + rest + command).joined(separator: " ")
    }
}
