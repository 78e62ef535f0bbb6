import DaemonFixture
import Glibc

extension UnixSocket {
    /// Connects as another user, which needs root. Call it on a thread that ends soon after.
    ///
    /// Linux keeps credentials for each thread (credentials(7)): it is only the C library that changes those of all
    /// threads together. So this thread alone becomes the user, by bare system calls, and the kernel reports to the
    /// daemon who called connect(2). There is no way back, hence the thread of its own.
    convenience init(path: String, as user: User?) throws {
        if let user { try ThreadCredentials.become(user) }
        try self.init(path: path)
    }
}

/// The credentials of the calling thread.
private enum ThreadCredentials {
    #if arch(x86_64)
        private static let (setgroups, setresuid, setresgid) = (116, 117, 119)
    #else
        // The generic table of Linux, which arm64 and riscv64 have.
        private static let (setgroups, setresuid, setresgid) = (159, 147, 149)
    #endif

    static func become(_ user: User) throws {
        var groups = user.groups
        try call(
            "setgroups", setgroups, groups.count,
            groups.withUnsafeMutableBufferPointer { Int(bitPattern: $0.baseAddress) })
        try call("setresgid", setresgid, Int(user.gid), Int(user.gid), Int(user.gid))
        try call("setresuid", setresuid, Int(user.uid), Int(user.uid), Int(user.uid))
    }

    /// syscall(2), which Swift does not import since it is variadic; it reads its arguments as if it were not.
    private static func call(_ name: String, _ number: Int, _ a: Int, _ b: Int = 0, _ c: Int = 0) throws {
        typealias Function = @convention(c) (Int, Int, Int, Int) -> Int
        guard let symbol = dlsym(nil, "syscall") else { throw TestFailure("no syscall(2)") }
        guard unsafeBitCast(symbol, to: Function.self)(number, a, b, c) == 0 else {
            throw TestFailure("\(name): \(String(cString: strerror(errno)))")
        }
    }
}
