import DaemonFixture
import Glibc

/// A way to put frames' payloads before the daemon, as one user.
protocol Transport: Sendable {
    /// The payload of the answer to one request, which must have one.
    func call(_ payload: [UInt8]) async throws -> [UInt8]

    /// The payloads of every answer to requests that one connection sends without waiting, in the order they came.
    func exchange(_ payloads: [[UInt8]]) async throws -> [[UInt8]]

    /// Ends it.
    func close() async
}

/// The two ways that every case goes.
enum TransportKind: String, Hashable, Sendable, CaseIterable {
    case inProcess = "in process"
    case socket = "over the socket"
}

/// A user to call as, by number: there need be no account of it.
struct User: Hashable, Sendable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32] = []
}

extension User {
    /// The user of an account, in its main group.
    init(named name: String) throws {
        guard let account = getpwnam(name) else { throw TestFailure("there is no user \(name)") }
        self.init(uid: account.pointee.pw_uid, gid: account.pointee.pw_gid)
    }
}
