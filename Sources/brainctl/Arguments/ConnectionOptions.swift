import ArgumentParser
import BrainClient
import Glibc

/// The options that every command has which talks to the daemon.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The daemon's socket; without it, the environment's BRAIN_SOCKET, or that of the installed daemon.",
            valueName: "path"), completion: .file())
    var socket: String?

    @Option(
        name: .customLong("deadline-ms"),
        help: ArgumentHelp("How long the daemon may take, 1 to 600000.", valueName: "milliseconds"))
    var deadlineMilliseconds: Int64?

    @Flag(name: .long, help: "Print JSON for machines: the daemon's result as it is, on one line.")
    var json = false

    func validate() throws {
        guard let deadlineMilliseconds else { return }
        guard Limits.deadlineMilliseconds.contains(deadlineMilliseconds) else {
            throw ValidationError("--deadline-ms must be between 1 and 600000, got \(deadlineMilliseconds)")
        }
    }

    /// The deadline, if one was given.
    var deadline: Duration? { deadlineMilliseconds.map { .milliseconds($0) } }

    /// Where a daemon that was installed listens.
    static let installedSocket = "/run/brain-memoryd/brain.sock"

    /// The path of the socket.
    func socketPath() throws(Failure) -> String {
        if let socket { return socket }
        if let path = Terminal.environment("BRAIN_SOCKET") { return path }
        if access(Self.installedSocket, F_OK) == 0 { return Self.installedSocket }
        throw Failure(
            message: "which daemon is meant? there is no socket to go to",
            hint: "give --socket PATH, or set BRAIN_SOCKET in the environment",
            exitCode: .usage)
    }

    /// A client of the daemon.
    func client(_ change: (inout BrainClient.Configuration) -> Void = { _ in }) throws(Failure) -> BrainClient {
        var configuration = BrainClient.Configuration()
        if let deadline { configuration.defaultDeadline = deadline }
        change(&configuration)
        return BrainClient(socketPath: try socketPath(), configuration: configuration)
    }
}
