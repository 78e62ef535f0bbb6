import ArgumentParser
import Glibc
import MemoryModel

/// The daemon's command line.
@main
struct BrainMemoryd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brain-memoryd",
        abstract: "The memory that AI agents on a machine can trust.",
        discussion: """
            Serves agents' memories at a Unix socket and keeps them in PostgreSQL: in one of its own under a folder, or in \
            yours.

            EXAMPLES
              brain-memoryd --managed /var/lib/brain-memoryd
              brain-memoryd --postgres-url postgresql:///brain --socket /run/brain-memoryd/brain.sock
              brain-memoryd migrate --config /etc/brain-memoryd/brain-memoryd.yaml

            Every key of the configuration is a flag too: postgres.pool_size is --postgres-pool-size.
            """,
        version: ProductVersion.current,
        subcommands: [Serve.self, Migrate.self, Restore.self, Manual.self],
        defaultSubcommand: Serve.self)

    /// Runs the command, and exits by sysexits where they fit.
    static func main() async {
        // A client that goes away in the middle of an answer must not end the daemon.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as DaemonFailure {
            failure.exit()
        } catch {
            exit(withError: error)
        }
    }
}
