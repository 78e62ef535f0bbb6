#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why `connect(2)` failed, for a person.
enum ConnectFailure {
    static func reason(errno code: Int32, path: String) -> String {
        switch code {
        case ENOENT: "there is no socket at \(path)"
        case ECONNREFUSED: "nobody listens on \(path)"
        case EACCES, EPERM: "no permission to open \(path)"
        case ENOTSOCK, EPROTOTYPE: "\(path) is not a stream socket"
        case ENOTDIR: "a part of \(path) is not a folder"
        case EAGAIN: "too many connections wait on \(path)"
        default: "\(path): \(String(cString: strerror(code)))"
        }
    }
}
