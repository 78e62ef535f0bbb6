import ArgumentParser

struct CompletionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a script that makes a shell complete brainctl's arguments.",
        discussion: """
            EXAMPLES:
              brainctl completions bash > /etc/bash_completion.d/brainctl
              brainctl completions zsh > ~/.zfunc/_brainctl
              brainctl completions fish > ~/.config/fish/completions/brainctl.fish
            """)

    /// The shells that the argument parser can write a script for.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var completionShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() async throws {
        try await ByteSink.standardOutput.line(Brainctl.completionScript(for: shell.completionShell))
    }
}
