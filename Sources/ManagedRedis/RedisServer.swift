import Glibc
import LogEvents
import Logging
import ProcessSupervision

/// A Redis server that can be started: its program, its place, its settings.
struct RedisServer: Sendable {
    /// The absolute path of `redis-server`.
    let program: String
    /// Who runs it.
    let identity: ProcessIdentity
    /// Its private folder: that of its socket, and the one it works in.
    let folder: SocketFolder
    let maximumMemoryBytes: Int

    private static let socketName = "redis.sock"
    /// How long a killed server may take to be gone.
    private static let killBoundMilliseconds: Int32 = 5_000

    /// SIGTERM is Redis's orderly end, of milliseconds when there is nothing to save; SIGKILL loses nothing either.
    static let stopSteps: [SupervisionPolicy.StopStep] = [
        .init(signal: SIGTERM, bound: .seconds(5)),
        .init(signal: SIGKILL, bound: .milliseconds(Int64(killBoundMilliseconds))),
    ]

    /// Finds the program, the user and the folder. Blocks.
    init(_ configuration: ManagedRedisConfiguration) throws(ManagedRedisError) {
        program = try RedisProgram.find(configured: configuration.program)
        identity = try ServerUser.resolve(configured: configuration.user)
        let root = try ServerFiles.openRoot(configuration.directory)
        folder = SocketFolder(usual: root + "/redis", socket: Self.socketName)
        maximumMemoryBytes = configuration.maximumMemoryBytes
    }

    /// The path of its socket.
    var socket: String { folder.path + "/" + Self.socketName }

    /// What a client needs to connect.
    var url: String { "unix://" + socket }

    /// How to start it.
    var command: ChildCommand {
        ChildCommand(
            executable: program, arguments: settings.flatMap { ["--" + $0.name] + $0.values }, identity: identity)
    }

    /// All settings are arguments: without a configuration file, nothing else can change them.
    private var settings: [(name: String, values: [String])] {
        [
            // Only the socket, and only for the server's user and root.
            ("port", ["0"]),
            ("unixsocket", [socket]),
            ("unixsocketperm", ["700"]),
            // A connection may be idle for as long as it likes.
            ("timeout", ["0"]),
            // Nothing on disk: an old value must not come back after a restart.
            ("save", [""]),
            ("appendonly", ["no"]),
            ("dir", [folder.path]),
            ("maxmemory", ["\(maximumMemoryBytes)"]),
            ("maxmemory-policy", ["allkeys-lru"]),
            // One client program, whose connections need few descriptors; more than a common limit of 1024 would warn.
            ("maxclients", ["256"]),
            ("databases", ["1"]),
            // It would keep what the slow commands carry, which are memories.
            ("slowlog-log-slower-than", ["-1"]),
            ("latency-tracking", ["no"]),
            // When memory runs out, the kernel shall take the cache before PostgreSQL and the daemon.
            ("oom-score-adj", ["relative"]),
            ("oom-score-adj-values", ["200", "200", "200"]),
            // Supervised by the daemon, which reads its log from the pipe and knows its form.
            ("daemonize", ["no"]),
            ("supervised", ["no"]),
            ("loglevel", ["notice"]),
            ("logfile", [""]),
            ("syslog-enabled", ["no"]),
            ("always-show-logo", ["no"]),
        ]
    }

    /// Ends what an earlier daemon left running, and makes the folder ready for a new server. Blocks.
    func prepare(logger: Logger) throws(ManagedRedisError) {
        for pid in try RunningProcess.pids() where isServer(pid) {
            // Looked at again through the handle: the pid may be another's by now.
            guard let process = try RunningProcess(pid: pid), isServer(pid), !process.hasEnded else { continue }
            logger.log(
                .leftoverEnded, .notice, "killing the Redis server that an earlier daemon left running, pid \(pid)",
                metadata: ["pid": "\(pid)"])
            try process.send(signal: SIGKILL)
            guard process.hasEnded(withinMilliseconds: Self.killBoundMilliseconds) else {
                throw ManagedRedisError(
                    .leftoverServer,
                    "the Redis server that an earlier daemon left in \(folder.path), process \(pid), does not end, not "
                        + "even after SIGKILL. End it by hand, then start again.")
            }
        }
        try folder.prepare(for: "Redis", identity: identity, stale: [Self.socketName])
    }

    /// Whether the process is a server on our socket, of our user. Unlike its working directory, the name and the
    /// arguments of a process can be read without the right to trace it, which root in a container often lacks.
    func isServer(_ pid: Int32) -> Bool {
        guard let name = RunningProcess.programName(of: pid), isNameOfServer(name),
            let owner = ((try? ServerFiles.kind(of: "/proc/\(pid)")) ?? nil)?.owner,
            owner == identity.userID || owner == geteuid(), let line = RunningProcess.commandLine(of: pid)
        else { return false }
        return Self.isCommandLine(line, ofServerOn: socket)
    }

    /// setpriv(1) is what becomes the server when it runs as another user.
    private func isNameOfServer(_ name: String) -> Bool {
        let own = program.split(separator: "/").last.map { String($0.prefix(15)) }
        return [own, "redis-server", "setpriv"].contains(name)
    }

    /// Redis writes the title "redis-server unixsocket:PATH" over its arguments; until then they say "--unixsocket",
    /// "PATH". No path of ours holds a space.
    static func isCommandLine(_ line: String, ofServerOn socket: String) -> Bool {
        let words = line.split { $0 == "\0" || $0 == " " }
        return words.dropFirst().first == "unixsocket:" + socket
            || zip(words, words.dropFirst()).contains { $0 == "--unixsocket" && $1 == socket }
    }
}
