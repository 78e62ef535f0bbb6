import Foundation
import Glibc
import ManagedPostgres
import PostgresDriver
import ProcessSupervision

/// All that comes before a start of the receiver: which cluster this is, the folder to go on in, the slot.
struct WALStreamStart: Sendable {
    var configuration: WALStreamConfiguration
    var programs: PostgresPrograms
    var queue: BlockingQueue

    /// What a start goes on with.
    struct Prepared: Sendable {
        var command: ChildCommand
        var folder: WALFolder
        var path: String
        var found: WALBreak?
    }

    /// The cluster at the other end.
    struct System: Equatable, Sendable {
        var identifier: String
        var timeline: UInt32
        var location: WALLocation
    }

    /// Prepares a start. `lastLines` are what the last receiver said before it ended.
    func prepare(lastLines: [String]) async throws -> Prepared {
        try await endOrphans()
        let system = try await identify()
        let lost = try await lossReason(lastLines)
        if lost != nil { try await dropSlot() }
        try await createSlot()
        let (folder, found) = try await folder(for: system, lost: lost)
        let path = configuration.folders.wal + "/" + folder.name
        try await queue.run { () throws(ManagedServerError) in try Self.removeUnbegun(in: path) }
        let arguments =
            ["--verbose", "--synchronous", "--no-loop", "--no-password", "--status-interval=1"]
            + ["--slot=\(configuration.slot)", "--directory=\(path)"]
        return Prepared(command: try receiver(arguments), folder: folder, path: path, found: found)
    }

    // MARK: The server

    private func identify() async throws -> System {
        let line = try await ask(["replication=true"], "IDENTIFY_SYSTEM")
        let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count >= 3, let timeline = UInt32(fields[1]), let location = WALLocation(fields[2]) else {
            throw WALStreamError("the server's answer to IDENTIFY_SYSTEM is not of the known form: '\(line)'")
        }
        return System(identifier: String(fields[0]), timeline: timeline, location: location)
    }

    /// Why what is archived can't be gone on with, if so.
    private func lossReason(_ lastLines: [String]) async throws -> WALBreak.Reason? {
        let last = lastLines.joined(separator: "\n")
        // PostgreSQL's walsender.c and xlog.c.
        if last.contains("has already been removed") || last.contains("has been invalidated") { return .removed }
        if last.contains("is ahead of the WAL flush position of this server") { return .ahead }
        let name = configuration.slot.replacing("'", with: "''")
        let state = try await ask(
            [], "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '\(name)'")
        return state == "lost" ? .removed : nil
    }

    /// One value, asked by psql. The database is named as an argument only to ask for a replication connection.
    private func ask(_ database: [String], _ statement: String) async throws -> String {
        let arguments = ["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command=\(statement)"]
        return try await run(programs.psql, arguments + database).last { !$0.isEmpty } ?? ""
    }

    private func createSlot() async throws {
        // Asked first: the server logs the attempt to make one that is there as an error.
        let name = configuration.slot.replacing("'", with: "''")
        let count = try await ask([], "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '\(name)'")
        if count == "1" { return }
        _ = try await run(
            programs.receiveWAL,
            ["--create-slot", "--if-not-exists", "--no-password", "--slot=\(configuration.slot)"])
    }

    private func dropSlot() async throws {
        _ = try await run(
            programs.receiveWAL, ["--drop-slot", "--no-password", "--slot=\(configuration.slot)"])
    }

    private func run(_ executable: String, _ arguments: [String]) async throws -> [String] {
        var command = try receiver(arguments)
        command.executable = executable
        let run = try await ProgramRun.run(command, bound: WALStreamConfiguration.programBound)
        guard run.exit == .exited(0) else { throw WALStreamError("\(executable) \(run.failure)") }
        return run.lines
    }

    private func receiver(_ arguments: [String]) throws -> ChildCommand {
        var environment = ChildCommand.plainEnvironment
        environment.merge(try PostgresEnvironment.variables(url: configuration.connectionInfo)) { $1 }
        environment["PGAPPNAME"] = configuration.applicationName
        environment["PGCONNECT_TIMEOUT"] = environment["PGCONNECT_TIMEOUT"] ?? "5"
        return ChildCommand(
            executable: programs.receiveWAL, arguments: arguments, environment: environment, identity: .own)
    }

    // MARK: The folder

    /// The newest folder of this cluster and timeline, or a new one.
    private func folder(for system: System, lost: WALBreak.Reason?) async throws -> (WALFolder, WALBreak?) {
        let folders = configuration.folders
        return try await queue.run { () throws(ManagedServerError) in
            // One that belongs to others, or that they can write, is refused here as it is for backups.
            _ = try BackupRoot.open(folders.root)
            _ = try ServerFiles.makeDirectory(folders.wal, mode: 0o700)
            let all = try WALArchive.walFolders(folders).filter { $0.systemIdentifier == system.identifier }
            let newest = all.last { $0.timeline == system.timeline }
            if let newest, lost == nil { return (newest, nil) }
            let reason = lost ?? (all.isEmpty ? .first : .timeline)
            // Two in one second: the later one gets the next second, since names tell the order.
            var date = Date()
            while true {
                let folder = WALFolder(
                    systemIdentifier: system.identifier, timeline: system.timeline, date: date)
                if try ServerFiles.makeDirectory(folders.wal + "/" + folder.name, mode: 0o700) {
                    try ServerFiles.synchronize(folders.wal)
                    return (folder, WALBreak(date: Date(), reason: reason, folder: folder.name))
                }
                date += 1
            }
        }
    }

    /// Removes a segment that was made and not filled with zeros yet when its receiver was killed or the disk was full. It
    /// holds nothing, and the next receiver would refuse it. Blocks.
    private static func removeUnbegun(in folder: String) throws(ManagedServerError) {
        for name in try ServerFiles.names(in: folder) where name.hasSuffix(WALSegment.partialSuffix) {
            let bytes = try FileStatus(of: folder + "/" + name)?.bytes ?? 0
            if bytes.nonzeroBitCount != 1 || bytes < 1 << 20 { try ServerFiles.remove(folder + "/" + name) }
        }
    }

    // MARK: Receivers left behind

    /// Ends a receiver that a killed daemon has left writing into this archive.
    private func endOrphans() async throws {
        let prefix = "--directory=" + configuration.folders.wal + "/"
        try await queue.run { () throws(ManagedServerError) in
            for pid in try RunningProcess.pids() {
                // The handle comes first: what is then read of the number is of the process that is signalled.
                guard RunningProcess.programName(of: pid) == "pg_receivewal",
                    let process = try RunningProcess(pid: pid),
                    let line = RunningProcess.commandLine(of: pid),
                    line.split(separator: "\0").contains(where: { $0.hasPrefix(prefix) })
                else { continue }
                try process.send(signal: SIGINT)
                if process.hasEnded(withinMilliseconds: 2_000) { continue }
                try process.send(signal: SIGKILL)
                guard process.hasEnded(withinMilliseconds: 2_000) else {
                    throw ManagedServerError(
                        .leftoverServer, "pg_receivewal that an earlier daemon left, process \(pid), does not end")
                }
            }
        }
    }
}

/// Why the receiver can't be started now.
struct WALStreamError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
