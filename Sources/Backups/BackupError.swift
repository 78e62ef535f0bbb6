import ProcessSupervision

/// Why a backup, a check of one or a drill could not be done. The message names what failed, the limit and what came, and
/// says what to do where that is known. It holds no password and no memory.
public struct BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure, for callers that tell them apart.
    public enum Kind: String, Sendable {
        /// Another run, of this daemon or another, is at work in the folder of backups.
        case inProgress
        /// There is not enough room, or it ran out.
        case diskFull
        /// The folder of backups or something in it can't be used: missing, not ours, open to others, a failing disk.
        case folderUnusable
        /// PostgreSQL's programs were not found.
        case programsNotFound
        /// The server is of a newer major version than the programs.
        case versionMismatch
        /// PostgreSQL can't be reached, or the connection broke.
        case unavailable
        /// PostgreSQL, or the system, refuses for want of rights.
        case permissionDenied
        /// A program failed for another reason.
        case programFailed
        /// Something took longer than its bound.
        case timedOut
        /// What was written is not what was read: the backup is not good.
        case mismatch
        /// A database that can't be backed up this way.
        case unsupported
        /// There is no such backup, or no good one.
        case notFound
        /// The caller cancelled.
        case cancelled
    }

    /// Which kind of failure this is.
    public let kind: Kind

    /// What happened and what to do, for a person.
    public let message: String

    /// Makes an error of this kind.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension BackupError {
    /// From a failure of the files, the programs or the scratch server.
    init(_ error: ManagedServerError) {
        let kind: Kind =
            switch error.kind {
            case .programsNotFound: .programsNotFound
            case .versionMismatch: .versionMismatch
            case .locked: .inProgress
            case .cancelled: .cancelled
            case .fileFailure where Self.tellsFullDisk(error.message): .diskFull
            case .fileFailure, .foreignFolder, .unreachableFolder: .folderUnusable
            case .initializationFailed where Self.tellsFullDisk(error.message): .diskFull
            default: .programFailed
            }
        self.init(kind, error.message)
    }

    /// From a program's end. What it says is all there is to tell the reasons apart; the programs speak English (LC_ALL=C).
    ///
    /// - Parameters:
    ///   - purpose: what it was to do, as in "can't PURPOSE".
    ///   - failure: how it ended, with its last lines.
    init(purpose: String, program: String, failure: String, isTimedOut: Bool) {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        self.init(
            isTimedOut ? .timedOut : Self.kind(ofFailure: failure), "can't \(purpose): \(name) \(failure)")
    }

    private static func kind(ofFailure text: String) -> Kind {
        let signs: [(Kind, [String])] = [
            (.diskFull, ["No space left on device", "Disk quota exceeded"]),
            (.versionMismatch, ["server version mismatch", "incompatible server version"]),
            (.permissionDenied, ["ermission denied", "must be superuser", "authentication failed"]),
            (
                .unavailable,
                [
                    "connection to server", "server closed the connection", "terminating connection",
                    "could not connect", "the database system is", "could not receive data",
                ]
            ),
        ]
        return signs.first { $0.1.contains { text.contains($0) } }?.0 ?? .programFailed
    }

    private static func tellsFullDisk(_ text: String) -> Bool {
        text.contains("No space left on device") || text.contains("Disk quota exceeded")
    }
}
