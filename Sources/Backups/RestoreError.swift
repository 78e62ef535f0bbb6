/// Why nothing was restored. What was there before is as it was.
package struct RestoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of failure, for callers that tell them apart.
    package enum Kind: String, Sendable {
        /// There is no backup, or none that fits what was asked for.
        case noBackup
        /// A segment of WAL is missing in the middle.
        case missingWAL
        /// The place or time asked for is not within what is archived.
        case targetNotReached
        /// A file is not as it was when it was backed up.
        case damaged
        /// There is something in the place to restore to.
        case occupied
        /// There is not enough space.
        case noSpace
        /// A program, a server or a file failed.
        case failed
    }

    /// Which kind of failure this is.
    package let kind: Kind
    /// What happened and what to do, for a person.
    package let message: String

    /// Makes an error of this kind.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
