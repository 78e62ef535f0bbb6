import Glibc
import Logging
import ManagedPostgres
import PostgresDriver
import ProcessSupervision
import Synchronization

/// Runs the programs that backups are made with, as the daemon's own user, and blocking work on a thread of its own.
struct BackupTools: Sendable {
    let configuration: BackupConfiguration
    let folders: BackupFolders
    let queue: BlockingQueue
    let logger: Logger

    /// The daemon's own user, whom everything here runs as but a scratch server.
    static var ownIdentity: ProcessIdentity {
        ProcessIdentity(userID: geteuid(), groupID: getegid(), userName: "user id \(geteuid())", isSwitch: false)
    }

    /// Does blocking work.
    func blocking<Value: Sendable>(
        _ work: @escaping @Sendable () throws(ManagedServerError) -> Value
    ) async throws(BackupError) -> Value {
        do throws(ManagedServerError) {
            return try await queue.run(work)
        } catch {
            throw BackupError(error)
        }
    }

    /// Runs a program to its end, and gives its output to `onOutput` piece by piece.
    ///
    /// - Parameters:
    ///   - purpose: what it is to do, as in "can't PURPOSE".
    ///   - acceptable: what else than status 0 is no failure.
    /// - Returns: the status, and the lines of its standard error.
    @discardableResult
    func run(
        _ purpose: String, _ command: ChildCommand, bound: Duration, acceptable: Set<Int32> = [0],
        onOutput: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }
    ) async throws(BackupError) -> (status: Int32, errorLines: [String]) {
        let run: StreamRun
        do {
            var ended = try await StreamRun.run(command, bound: bound, onOutput: onOutput)
            ended.errorLines.removeAll(where: Self.quotesRows)
            run = ended
        } catch {
            if Task.isCancelled { throw Self.cancelled }
            throw BackupError(.programFailed, "can't \(purpose): \(command.executable) does not run: \(error)")
        }
        if case .exited(let status) = run.exit, acceptable.contains(status) { return (status, run.errorLines) }
        if Task.isCancelled { throw Self.cancelled }
        throw BackupError(
            purpose: purpose, program: command.executable, failure: run.failure, isTimedOut: run.isTimedOut)
    }

    /// Whether a line of PostgreSQL's may hold what is in a table, which messages must not: "DETAIL:  Failing row
    /// contains …", "CONTEXT:  COPY brain_memories, line 7, column context: …".
    private static func quotesRows(_ line: String) -> Bool {
        line.contains("DETAIL:  ") || line.contains("CONTEXT:  ")
    }

    /// Runs a program and returns what it writes to its standard output.
    ///
    /// - Parameter limit: the most bytes of output; a program that writes more has failed.
    func output(
        _ purpose: String, _ command: ChildCommand, bound: Duration, limit: Int
    ) async throws(BackupError) -> [UInt8] {
        let kept = Mutex<(bytes: [UInt8], isCut: Bool)>(([], false))
        try await run(purpose, command, bound: bound) { piece in
            kept.withLock { kept in
                if kept.bytes.count + piece.count > limit { kept.isCut = true } else { kept.bytes += piece }
            }
        }
        let result = kept.withLock { $0 }
        guard !result.isCut else {
            throw BackupError(.programFailed, "can't \(purpose): \(command.executable) wrote over \(limit) bytes")
        }
        return result.bytes
    }

    /// A command of one of PostgreSQL's programs on the database at `url`.
    func command(
        _ program: String, _ arguments: [String], url: String, standardInput: String? = nil
    ) throws(BackupError) -> ChildCommand {
        ChildCommand(
            executable: program, arguments: arguments, environment: try Self.environment(url: url),
            identity: Self.ownIdentity, standardInput: standardInput)
    }

    /// A command that needs no database.
    func command(_ program: String, _ arguments: [String], in folder: String = "/") -> ChildCommand {
        ChildCommand(
            executable: program, arguments: arguments, workingDirectory: folder, identity: Self.ownIdentity)
    }

    /// Removes a folder with all it holds, and goes on when the task is cancelled. Links in it are not followed.
    func remove(_ path: String) async throws(BackupError) {
        let result: Result<Void, BackupError> = await Task { () async -> Result<Void, BackupError> in
            do throws(BackupError) {
                try await run(
                    "remove \(path)", command("/bin/rm", ["-rf", "--one-file-system", "--", path]),
                    bound: BackupLimits.shortProgram)
                return .success(())
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    /// PostgreSQL's programs that fit a server of this major version; the newest when there are none of just that.
    func programs(serverVersion: Int) async throws(BackupError) -> PostgresPrograms {
        let major = serverVersion / 10_000
        if let programs = try? await find(major) { return programs }
        let programs: PostgresPrograms
        do throws(ManagedServerError) {
            programs = try await find(nil)
        } catch {
            throw BackupError(error)
        }
        guard programs.majorVersion >= major else {
            throw BackupError(
                .versionMismatch,
                "the server is PostgreSQL \(major), and the newest programs found, in \(programs.directory), are of "
                    + "\(programs.majorVersion). Install the Debian package postgresql-\(major).")
        }
        return programs
    }

    /// The newest programs.
    func newestPrograms() async throws(BackupError) -> PostgresPrograms {
        try await programs(serverVersion: 0)
    }

    private func find(_ version: Int?) async throws(ManagedServerError) -> PostgresPrograms {
        try await PostgresPrograms.find(
            configured: configuration.programsDirectory, clusterVersion: version, cluster: "the database",
            identity: Self.ownIdentity, queue: queue)
    }

    /// The environment of a program on the database at `url`. The settings make the text of every value the same
    /// whatever the server, the database or the role prefer.
    private static func environment(url: String) throws(BackupError) -> [String: String] {
        var variables = ChildCommand.plainEnvironment
        do throws(PostgresError) {
            variables.merge(try PostgresEnvironment.variables(url: url)) { _, given in given }
        } catch {
            throw BackupError(.unavailable, "\(error)")
        }
        let settings = [
            "TimeZone=UTC", "DateStyle=ISO", "IntervalStyle=postgres", "extra_float_digits=3", "bytea_output=hex",
        ]
        let options = settings.map { "-c \($0)" }.joined(separator: " ")
        variables["PGOPTIONS"] = variables["PGOPTIONS"].map { $0 + " " + options } ?? options
        variables["PGTZ"] = "UTC"
        variables["PGCLIENTENCODING"] = "UTF8"
        if variables["PGCONNECT_TIMEOUT"] == nil {
            variables["PGCONNECT_TIMEOUT"] = "\(BackupLimits.connect.components.seconds)"
        }
        if variables["PGAPPNAME"] == nil { variables["PGAPPNAME"] = "brain-memoryd backup" }
        return variables
    }

    static let cancelled = BackupError(.cancelled, "the run was cancelled")
}
