/// One of the paths that every request takes, by itself.
struct HotPath {
    /// How the path is taken.
    enum Body {
        /// Once, waiting for nothing.
        case plain(() throws -> Void)

        /// So many times, one after the other.
        case waiting(@Sendable (Int) async throws -> Void)
    }

    /// What `thresholds` and the table call it.
    let name: String

    /// What it does.
    let body: Body

    /// A path that waits for nothing.
    init(_ name: String, _ body: @escaping () throws -> Void) {
        self.name = name
        self.body = .plain(body)
    }

    /// A path with an await in it.
    init(_ name: String, times body: @escaping @Sendable (Int) async throws -> Void) {
        self.name = name
        self.body = .waiting(body)
    }
}

/// A path that came to something else than it should have: its count would mean nothing.
struct WrongResult: Error {
    let what: String

    init(_ what: String) { self.what = what }
}

/// Takes a value in such a way that the compiler can't leave out what made it.
@inline(never)
func blackHole<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}
