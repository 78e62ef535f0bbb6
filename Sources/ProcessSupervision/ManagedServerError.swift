/// Why a managed server can't be had. The message names the path, the limit and what came, and says what to do.
public struct ManagedServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure, for callers that tell them apart.
    public enum Kind: String, Sendable {
        /// No programs of the server, or none that fit.
        case programsNotFound
        /// A file or folder can't be made, read or written.
        case fileFailure
        /// The folder holds something that is not ours.
        case foreignFolder
        /// The PostgreSQL cluster was made by another major version than any installed.
        case versionMismatch
        /// Another daemon holds the folder.
        case locked
        /// The configured user does not exist, or can't run a server.
        case userUnusable
        /// The server's user can't reach the folder.
        case unreachableFolder
        /// The first set-up failed, such as `initdb`.
        case initializationFailed
        /// Servers left behind in the folder did not end.
        case leftoverServer
        /// The server did not accept connections within its bound.
        case startFailed
        /// The start was cancelled.
        case cancelled
        /// `start()` was called twice, or `run()` before it.
        case misuse
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
