import Glibc

/// Why the socket can't be used.
public struct SocketError: Error, CustomStringConvertible, Sendable {
    /// What was tried, on which path, and what the system said.
    public let description: String

    init(_ message: String) {
        description = message
    }

    init(_ message: String, errno code: Int32) {
        description = code == 0 ? message : "\(message): \(String(cString: strerror(code)))"
    }
}
