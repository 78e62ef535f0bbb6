/// The system refused something that a connection's thread cannot do without.
package struct ThreadedIOError: Error, CustomStringConvertible {
    /// What was refused, in words for a log.
    package let description: String

    package init(_ description: String) { self.description = description }
}
