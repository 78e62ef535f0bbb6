import Glibc

/// The users and groups of this machine, by name.
struct AccountDirectory: Sendable {
    /// What looking up a name gives.
    enum Answer: Sendable, Equatable {
        case found(UInt32)
        case missing
        case failed(String)
    }

    /// The number of a user.
    let user: @Sendable (String) -> Answer
    /// The number of a group.
    let group: @Sendable (String) -> Answer

    /// The system's own, by getpwnam_r(3) and getgrnam_r(3). Blocks when the names come over a network.
    static let system = AccountDirectory(user: systemUser, group: systemGroup)

    /// A group with very many members needs more than the first buffer; beyond this bound the lookup fails.
    private static let maxBufferBytes = 16 << 20

    private static func systemUser(_ name: String) -> Answer {
        answer { buffer, count in
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = getpwnam_r(name, &entry, buffer, count, &result)
            return (code, result == nil ? nil : entry.pw_uid)
        }
    }

    private static func systemGroup(_ name: String) -> Answer {
        answer { buffer, count in
            var entry = Glibc.group()
            var result: UnsafeMutablePointer<Glibc.group>?
            let code = getgrnam_r(name, &entry, buffer, count, &result)
            return (code, result == nil ? nil : entry.gr_gid)
        }
    }

    private static func answer(_ lookUp: (UnsafeMutablePointer<CChar>, Int) -> (Int32, UInt32?)) -> Answer {
        var bytes = 16 << 10
        while true {
            let (code, number) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes) { buffer in
                buffer.baseAddress.map { lookUp($0, bytes) } ?? (ENOMEM, nil)
            }
            switch code {
            case ERANGE where bytes < maxBufferBytes: bytes *= 2
            case EINTR: continue
            // getpwnam(3): these, too, are given for a name that is not there.
            case 0, ENOENT, ESRCH, EBADF, EPERM: return number.map(Answer.found) ?? .missing
            default: return .failed(String(cString: strerror(code)))
            }
        }
    }
}
