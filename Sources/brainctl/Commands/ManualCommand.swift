import ArgumentParser
import BrainClient
import ManualPages

struct ManualCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Print the page of brainctl in the manual, for man(1).",
        discussion: """
            EXAMPLES:
              brainctl manual | man -l -
            """)

    func run() async throws {
        var text = try Self.page().text
        if text.hasSuffix("\n") { text.removeLast() }
        try await ByteSink.standardOutput.line(text)
    }

    /// brainctl(1).
    static func page() throws -> ManualPage {
        var page = ManualPage(
            try CommandHelp(dump: Brainctl._dumpHelp()), section: 1, version: ProductVersion.current)
        page.heading("ENVIRONMENT")
        page.item("BRAIN_SOCKET", "The daemon's socket, where no --socket is given.")
        page.heading("FILES")
        page.item(
            ConnectionOptions.installedSocket,
            "The socket of an installed daemon, where neither --socket nor BRAIN_SOCKET is given.")
        page.heading("EXIT STATUS")
        page.item("0", "All went well.")
        page.item("1", "Something failed.")
        page.item("2", "The command line is wrong.")
        page.seeAlso(["brain-memoryd(8)", "brain-memoryd.yaml(5)"])
        return page
    }
}
