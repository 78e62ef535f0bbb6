import Glibc
import LogEvents
import Logging
import MonotonicClock
import ProcessSupervision

/// Clears what a killed daemon has left: programs that go on with a backup nobody waits for, then the incomplete folders.
/// Only under the lock: then none of them is anybody's.
struct Leftovers: Sendable {
    let tools: BackupTools
    /// Where incomplete folders may be, and how their names begin there.
    let places: [(folder: String, prefix: String)]

    /// What of ours works in an incomplete folder: the first 15 bytes of the programs' names, as the kernel keeps them.
    private static let programs: Set<String> = [
        "pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup", "pg_waldump", "psql", "sha256sum", "rm",
        "initdb", "postgres", "setpriv", "find",
    ]

    /// Ends the programs and removes the folders.
    ///
    /// - Throws: when a program does not end, or a folder can't be removed.
    func clear() async throws(BackupError) {
        let paths = try await incompleteFolders()
        guard !paths.isEmpty else { return }
        let ended = try await tools.blocking { () throws(ManagedServerError) in try Self.endPrograms(in: paths) }
        if !ended.isEmpty {
            tools.logger.log(
                .leftoverEnded, .notice, "ended programs that an earlier daemon left at work on backups: \(ended)",
                metadata: ["pids": "\(ended)"])
        }
        for path in paths {
            tools.logger.log(
                .leftoverRemoved, .notice, "removing an incomplete backup: \(path)", metadata: ["path": "\(path)"])
            try await tools.remove(path)
        }
    }

    private func incompleteFolders() async throws(BackupError) -> [String] {
        var paths: [String] = []
        for place in places {
            let names = try await tools.blocking { () throws(ManagedServerError) in
                try ServerFiles.names(in: place.folder)
            }
            paths += names.filter { $0.hasPrefix(place.prefix) }.map { place.folder + "/" + $0 }
        }
        return paths
    }

    /// Kills the programs that work in these folders, and returns their pids once all have ended. Blocks.
    private static func endPrograms(in folders: [String]) throws(ManagedServerError) -> [Int32] {
        let deadline = MonotonicInstant.now + BackupLimits.leftoversEnd
        var ended: [Int32] = []
        while true {
            // Again and again: a server that is being killed may start one more process.
            let found = try RunningProcess.pids().filter { isProgram($0, in: folders) }
            if found.isEmpty { return ended }
            guard MonotonicInstant.now < deadline else {
                throw ManagedServerError(
                    .leftoverServer,
                    "programs that an earlier daemon left at work in \(folders.joined(separator: ", ")) do not end: "
                        + "\(found.map { "\($0)" }.joined(separator: ", ")). End them by hand.")
            }
            for pid in found {
                // By its handle, and looked at once more: the number may be another process' by now.
                guard let process = try RunningProcess(pid: pid), isProgram(pid, in: folders) else { continue }
                try process.send(signal: SIGKILL)
                _ = process.hasEnded(withinMilliseconds: 1_000)
                ended.append(pid)
            }
        }
    }

    /// Whether it is one of our programs, at home in one of the folders or with a path in one among its arguments.
    private static func isProgram(_ pid: Int32, in folders: [String]) -> Bool {
        guard pid != getpid(), let name = RunningProcess.programName(of: pid), programs.contains(name) else {
            return false
        }
        if let home = home(of: pid), folders.contains(where: { home == $0 || home.hasPrefix($0 + "/") }) { return true }
        guard let line = RunningProcess.commandLine(of: pid) else { return false }
        return line.split(separator: "\0").contains { argument in
            folders.contains { folder in
                guard let range = argument.firstRange(of: folder) else { return false }
                // A path alone or after an option's "=", and all of the folder's name.
                let before = argument[..<range.lowerBound]
                let after = argument[range.upperBound...]
                return (before.isEmpty || before.last == "=") && (after.isEmpty || after.first == "/")
            }
        }
    }

    private static func home(of pid: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let base = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
            return readlink("/proc/\(pid)/cwd", base, bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
