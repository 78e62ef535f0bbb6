import ThreadedIO

extension PostgresError {
    /// What the system refuses before anything was sent.
    init(_ error: ThreadedIOError) { self = .unavailable(error.description) }
}

extension WakeupDescriptor {
    /// A new one.
    ///
    /// - Throws: `.unavailable` when the process has no descriptor left.
    static func forConnection() throws(PostgresError) -> WakeupDescriptor {
        do { return try WakeupDescriptor() } catch { throw PostgresError(error) }
    }
}

extension OwnThread {
    /// As `start`.
    ///
    /// - Throws: `.unavailable` when the system gives no thread; `body` then never runs.
    static func startForConnection(
        named name: String, _ body: @escaping @Sendable () -> Void
    ) throws(PostgresError) {
        do { try start(named: name, isWatched: true, body) } catch { throw PostgresError(error) }
    }
}
