import Glibc

/// Finds out who runs the servers.
package enum ServerUser {
    /// The daemon's own user, or when that is root the configured one: PostgreSQL refuses to run as root. Blocks.
    package static func resolve(configured: String) throws(ManagedServerError) -> ProcessIdentity {
        let own = geteuid()
        guard own == 0 else {
            guard let entry = lookUp({ getpwuid_r(own, $0, $1, $2, $3) }) else {
                throw ManagedServerError(
                    .userUnusable,
                    "user id \(own) has no entry in the user database, and PostgreSQL's initdb needs one. "
                        + "Add the user, or run the daemon as another one.")
            }
            return ProcessIdentity(userID: own, groupID: getegid(), userName: entry.userName, isSwitch: false)
        }
        guard let entry = lookUp({ getpwnam_r(configured, $0, $1, $2, $3) }) else {
            throw ManagedServerError(
                .userUnusable,
                "there is no user '\(configured)' to run the managed servers as. "
                    + "Install the Debian package postgresql, which makes the user postgres, "
                    + "or set managed.user to an unprivileged user that exists.")
        }
        guard entry.userID != 0 else {
            throw ManagedServerError(
                .userUnusable,
                "managed.user is '\(configured)', which is root, and PostgreSQL refuses to run as root. "
                    + "Set it to an unprivileged user, such as postgres.")
        }
        return entry
    }

    /// What this system calls user id 0. Blocks.
    package static func rootName() -> String {
        lookUp { getpwuid_r(0, $0, $1, $2, $3) }?.userName ?? "root"
    }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func lookUp(_ query: Query) -> ProcessIdentity? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Enough for any sane entry; a larger one is as good as none.
        var buffer = [CChar](repeating: 0, count: 65536)
        return buffer.withUnsafeMutableBufferPointer { buffer -> ProcessIdentity? in
            // The name points into the buffer, so it is copied here.
            guard let base = buffer.baseAddress, query(&entry, base, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return nil }
            return ProcessIdentity(
                userID: entry.pw_uid, groupID: entry.pw_gid, userName: String(cString: name), isSwitch: true)
        }
    }
}
