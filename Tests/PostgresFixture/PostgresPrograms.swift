import Foundation

/// PostgreSQL's programs on this machine, and how to run them as a user that the server accepts.
struct PostgresPrograms: Sendable {
    let folder: String

    /// Those of `pg_config --bindir`, else the newest under `/usr/lib/postgresql`.
    static func find() throws -> PostgresPrograms {
        var candidates: [String] = []
        if let output = try? Self.output(of: ["/usr/bin/env", "pg_config", "--bindir"]) {
            candidates.append(output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        candidates += versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
        let isComplete = { (folder: String) in
            ["initdb", "postgres"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        guard let folder = candidates.first(where: isComplete) else {
            throw FixtureError("no PostgreSQL server programs found (Debian: apt-get install postgresql)")
        }
        return PostgresPrograms(folder: folder)
    }

    /// The command line that runs `program`; as user postgres when this process is root, which PostgreSQL refuses.
    func command(_ program: String, _ arguments: [String]) -> [String] {
        let command = ["\(folder)/\(program)"] + arguments
        guard geteuid() == 0 else { return command }
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] + command
    }

    /// Gives a folder to the user that PostgreSQL runs as.
    static func hand(over folder: String) throws {
        guard geteuid() == 0 else { return }
        guard let user = getpwnam("postgres") else { throw FixtureError("there is no user postgres") }
        guard chown(folder, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
            throw FixtureError("cannot give \(folder) to user postgres")
        }
    }

    /// A process for `command`, its output going to `log` (nil: nowhere), not started yet.
    static func process(_ command: [String], log: FileHandle? = nil) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log ?? FileHandle.nullDevice
        process.standardError = log ?? FileHandle.nullDevice
        // A folder that user postgres may enter.
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        return process
    }

    /// Runs `command` to its end. Blocks.
    @discardableResult
    static func output(of command: [String]) throws -> String {
        let process = process(command)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw FixtureError("\(command.joined(separator: " ")): \(output)") }
        return output
    }
}
