import Glibc
import ProcessSupervision

/// `SHA256SUMS` of a WAL folder: a line for each file received whole, in the form of sha256sum(1), so that a bit flipped
/// later is found.
package enum WALChecksums {
    /// How many files one run of `sha256sum` takes. Its output has a line for each, fewer than are kept of a program's.
    private static let batch = 64
    /// How long such a run may take.
    private static let bound = Duration.seconds(300)
    /// The most of a folder's sums that is read, in bytes: 800,000 segments, 12 TiB of WAL.
    private static let maximumBytes = 64 << 20

    /// The sums by file name. A line that was not written whole, and anything else that is none, is left out. Blocks.
    package static func read(in folder: String) throws(ManagedServerError) -> [String: String] {
        let text = try ServerFiles.text(of: folder + "/" + BackupFolders.checksumsName, limit: maximumBytes) ?? ""
        var sums: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let (name, sum) = parse(line) else { continue }
            sums[name] = sum
        }
        return sums
    }

    /// A line of `sha256sum`: 64 hexadecimal digits, a space, a space or an asterisk, the name.
    static func parse(_ line: some StringProtocol) -> (name: String, sum: String)? {
        let digits = line.prefix(64)
        let rest = line.dropFirst(64)
        guard digits.utf8.count == 64, digits.allSatisfy({ $0.isHexDigit && $0.isASCII }),
            rest.hasPrefix("  ") || rest.hasPrefix(" *"), rest.count > 2
        else { return nil }
        return (String(rest.dropFirst(2)), String(digits))
    }

    /// Adds the sums of files received whole that have none yet, and returns how many. They are on disk when it returns.
    package static func update(in folder: String, queue: BlockingQueue) async throws -> Int {
        let missing = try await queue.run { () throws(ManagedServerError) -> [String] in
            let known = try read(in: folder)
            return try ServerFiles.names(in: folder).filter { known[$0] == nil && isWhole($0) }.sorted()
        }
        for start in stride(from: 0, to: missing.count, by: batch) {
            let names = Array(missing[start..<min(start + batch, missing.count)])
            let sums = try await compute(names, in: folder)
            let lines = names.compactMap { name in sums[name].map { "\($0)  \(name)\n" } }.joined()
            try await queue.run { () throws(ManagedServerError) in try append(lines, in: folder) }
        }
        return missing.count
    }

    private static func isWhole(_ name: String) -> Bool {
        WALSegment(fileName: name, segmentBytes: 1 << 20) != nil || WALTimelineHistory.timeline(fileName: name) != nil
    }

    /// The SHA-256 of files of a folder; a file that can't be read has none.
    package static func compute(_ names: [String], in folder: String) async throws -> [String: String] {
        var sums: [String: String] = [:]
        for start in stride(from: 0, to: names.count, by: batch) {
            let command = ChildCommand(
                executable: "/usr/bin/sha256sum",
                arguments: ["--"] + names[start..<min(start + batch, names.count)], workingDirectory: folder,
                identity: .own)
            for line in try await ProgramRun.run(command, bound: bound).lines {
                if let (name, sum) = parse(line) { sums[name] = sum }
            }
        }
        return sums
    }

    /// Appends whole lines, after one that an earlier run was killed in the middle of. Blocks.
    private static func append(_ lines: String, in folder: String) throws(ManagedServerError) {
        let path = folder + "/" + BackupFolders.checksumsName
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("open", path) }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = 0
        if end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != UInt8(ascii: "\n") {
            try ServerFiles.writeAll("\n", to: descriptor, path: path)
        }
        try ServerFiles.writeAll(lines, to: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw ServerFiles.failure("sync", path) }
        if end == 0 { try ServerFiles.synchronize(folder) }
    }
}

extension ProcessIdentity {
    /// The daemon's own user, for programs that need no other.
    static var own: ProcessIdentity {
        ProcessIdentity(userID: geteuid(), groupID: getegid(), userName: "", isSwitch: false)
    }
}
