import Glibc
import Logging
import ManagedPostgres
import MonotonicClock
import ProcessSupervision

/// A private server for a drill, removed with all it holds.
struct ScratchServer: Sendable {
    let tools: BackupTools
    let server: ManagedPostgres
    /// Its folder.
    let directory: String
    /// How to connect.
    let url: String
    let startDuration: Duration

    /// Makes a cluster and starts a server on it. Nothing is left when that fails.
    static func start(_ tools: BackupTools, programs: PostgresPrograms) async throws(BackupError) -> ScratchServer {
        let begin = MonotonicInstant.now
        let place = try await ScratchPlace.find(tools)
        let directory = place.folder + "/" + place.prefix + "-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        var configuration = ManagedPostgresConfiguration(directory: directory)
        configuration.programsDirectory = programs.directory
        configuration.user = tools.configuration.managedUser
        configuration.maximumConnections = 20
        configuration.sharedBuffersBytes = 32 << 20
        configuration.isDurable = false
        var logger = tools.logger
        // A server that comes and goes on purpose is not news.
        logger.logLevel = max(logger.logLevel, .warning)
        let server = ManagedPostgres(configuration: configuration, logger: logger)
        do throws(ManagedServerError) {
            let url = try await server.start()
            return ScratchServer(
                tools: tools, server: server, directory: directory, url: url, startDuration: .now - begin)
        } catch {
            try? await tools.remove(directory)
            throw BackupError(error)
        }
    }

    /// Stops the server and removes its folder, also when the task is cancelled.
    func remove() async throws(BackupError) {
        let server = server
        await Task { await server.stop() }.value
        try await tools.remove(directory)
        // The socket's folder lies elsewhere when the path was too long for a socket.
        if let socket = Self.socketFolder(in: url), !socket.hasPrefix(directory + "/") {
            try await tools.blocking { () throws(ManagedServerError) in
                guard rmdir(socket) == 0 || errno == ENOENT else { throw ServerFiles.failure("remove", socket) }
            }
        }
    }

    /// Restores a dump as the owner of the database, not as superuser: a dump is a script that may do anything.
    ///
    /// - Returns: what could not be restored but is not the daemon's, such as a table of a type that is not here.
    /// - Throws: `.mismatch` when something of the daemon's can't be restored.
    func restore(_ path: String, _ programs: PostgresPrograms) async throws(BackupError) -> [String] {
        let arguments = ["--no-owner", "--no-privileges", "--jobs=2", "--no-password", "--dbname=", "--", path]
        var command = try tools.command(programs.restore, arguments, url: url)
        // Nothing of this has to outlive a crash.
        command.environment["PGOPTIONS", default: ""] += " -c synchronous_commit=off -c maintenance_work_mem=128MB"
        let run = try await tools.run(
            "restore \(path)", command, bound: tools.configuration.runBound, acceptable: [0, 1])
        guard run.status != 0 else { return [] }
        let errors = Self.errors(in: run.errorLines)
        // Without a word of what failed, or with so many that not all are kept, it is not known what is missing.
        guard !errors.isEmpty, run.errorLines.count < ProgramRun.maximumLines,
            !errors.contains(where: { $0.contains("brain_") })
        else {
            let lines = run.errorLines.prefix(12).joined(separator: "\n")
            let error = BackupError(
                purpose: "restore \(path)", program: programs.restore, failure: "said:\n\(lines)", isTimedOut: false)
            // A full disk, or a server that went away, says nothing of the dump.
            throw error.kind == .programFailed ? BackupError(.mismatch, error.message) : error
        }
        return Array(errors.prefix(BackupLimits.problems))
    }

    /// The errors that pg_restore has told, each with the command that failed, on one line.
    static func errors(in lines: [String]) -> [String] {
        var errors: [String] = []
        var isError = false
        for line in lines {
            if line.hasPrefix("pg_restore: ") {
                isError = line.hasPrefix("pg_restore: error: ")
                if isError { errors.append(line) }
            } else if isError, !line.isEmpty {
                errors[errors.count - 1] += " " + line
            }
        }
        return errors
    }

    /// Runs statements and returns the lines of the answer.
    func query(_ sql: String, _ programs: PostgresPrograms) async throws(BackupError) -> [String] {
        let arguments = [
            "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1",
            "--command=\(sql)",
        ]
        let bytes = try await tools.output(
            "query the restored database", try tools.command(programs.psql, arguments, url: url),
            bound: tools.configuration.runBound, limit: 1 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    private static func socketFolder(in url: String) -> String? {
        guard let start = url.firstRange(of: "host=") else { return nil }
        let rest = url[start.upperBound...]
        return String(rest.prefix { $0 != " " }.filter { $0 != "'" })
    }
}
