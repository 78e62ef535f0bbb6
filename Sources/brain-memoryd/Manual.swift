import ArgumentParser
import ManualPages
import MemoryModel

/// Prints the manual pages, which packages install.
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a page of the manual, for man(1).",
        discussion: """
            EXAMPLES
              brain-memoryd manual | man -l -
              brain-memoryd manual brain-memoryd.yaml | man -l -
            """)

    /// The pages there are.
    enum Page: String, ExpressibleByArgument, CaseIterable {
        case daemon = "brain-memoryd"
        case configuration = "brain-memoryd.yaml"
    }

    @Argument(help: "The page: brain-memoryd or brain-memoryd.yaml.")
    var page = Page.daemon

    func run() throws {
        let page =
            switch page {
            case .daemon: try ManualPage.daemon()
            case .configuration: ManualPage.configuration()
            }
        print(page.text, terminator: "")
    }
}

extension ManualPage {
    /// brain-memoryd(8).
    static func daemon() throws -> ManualPage {
        var page = ManualPage(
            try CommandHelp(dump: BrainMemoryd._dumpHelp()), section: 8, version: ProductVersion.current)
        page.heading("SIGNALS")
        page.item("SIGTERM, SIGINT", "Stop: requests under way are finished within limits.shutdown_grace_ms.")
        page.item("SIGHUP", "Read the configuration again: systemctl reload brain-memoryd.")
        page.heading("EXIT STATUS")
        for (status, meaning) in DaemonFailure.Status.meanings { page.item("\(status)", meaning) }
        page.heading("FILES")
        page.item("/etc/brain-memoryd/brain-memoryd.yaml", "The configuration: see brain-memoryd.yaml(5).")
        page.item("/run/brain-memoryd/brain.sock", "The socket. Members of the group brain-memoryd may connect.")
        page.item(
            "/var/lib/brain-memoryd",
            "The private PostgreSQL and Redis, and in backups the backups, unless the configuration says otherwise.")
        page.item(
            "brain-memoryd@NAME.service",
            "A second store: /etc/brain-memoryd/NAME.yaml, /run/brain-memoryd-NAME/brain.sock, "
                + "/var/lib/brain-memoryd-NAME.")
        page.seeAlso(["brainctl(1)", "brain-memoryd.yaml(5)", "systemctl(1)", "journalctl(1)"])
        return page
    }
}

extension DaemonFailure.Status {
    /// What each exit status says to an operator, in order.
    fileprivate static let meanings: [(status: Int32, meaning: String)] = [
        (0, "It was told to stop, and did."),
        (dataError.rawValue, "The database's schema was altered, or is newer than this daemon."),
        (unavailable.rawValue, "PostgreSQL's programs are not there, or PostgreSQL is not."),
        (software.rawValue, "A bug."),
        (systemError.rawValue, "The system refuses something: a folder, a user, a process."),
        (cannotCreate.rawValue, "The socket is taken."),
        (configuration.rawValue, "The configuration is not right; what is wrong was printed."),
    ]
}
