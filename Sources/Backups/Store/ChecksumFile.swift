/// `SHA256SUMS`: a line for each file, as sha256sum(1) writes and checks it.
struct ChecksumFile: Sendable, Equatable {
    /// A file's line.
    struct Entry: Sendable, Equatable {
        /// 64 lowercase hexadecimal digits.
        var digest: String
        /// The file's path within the folder.
        var path: String
    }

    /// The lines, by the bytes of their paths.
    var entries: [Entry]

    /// Makes a file of these lines, put in order.
    init(_ entries: [Entry]) {
        self.entries = entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Reads a file as strictly as it is written: nothing but lines `DIGEST  PATH`, each with its end, in order and no
    /// path twice. Nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.last == 0x0a else { return nil }
        var entries: [Entry] = []
        for line in bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false) {
            let start = line.startIndex
            guard line.count > 66, line[start..<start + 64].allSatisfy(Self.isHexadecimal), line[start + 64] == 0x20,
                line[start + 65] == 0x20, let path = String(validating: line[(start + 66)...], as: UTF8.self),
                Self.isPlain(path),
                entries.last.map({ $0.path.utf8.lexicographicallyPrecedes(path.utf8) }) ?? true
            else { return nil }
            entries.append(Entry(digest: String(decoding: line[start..<start + 64], as: UTF8.self), path: path))
        }
        self.entries = entries
    }

    /// The text.
    var bytes: [UInt8] { entries.flatMap { Array("\($0.digest)  \($0.path)\n".utf8) } }

    /// Whether sha256sum writes the name as it is: one with a backslash or a line break it would escape.
    static func isPlain(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }
    }

    /// How the files that are there differ from those that are named, in words; none: just these.
    func differences(from paths: [String]) -> [String] {
        let named = Set(entries.map(\.path))
        let there = Set(paths)
        return named.subtracting(there).sorted().map { "\($0) is missing" }
            + there.subtracting(named).sorted().map { "\($0) is not in \(BackupFolders.checksumsName)" }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x61...0x66 ~= byte
    }
}
