import DequeModule

/// Decides when a connection's requests with large answers may run: while what they may answer and what the client has not
/// read yet fit a bound. A client that pipelines such requests and reads nothing would have all of them answered into
/// memory otherwise, and would have the whole pool of database connections at work for it.
struct AnswerWindow {
    typealias Token = IDSequencer.Token

    private struct Waiting {
        let token: Token
        let bytes: Int
    }

    private let maximumBytes: Int
    private var runningBytes = 0
    private var waiting: Deque<Waiting> = []

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Whether a request whose answer may have `bytes` may run at once, `unread` bytes of answers being queued. If not, it
    /// waits for its turn in ``next(unread:isMemoryTight:)``. While memory is tight each connection runs one at a time,
    /// and none until it has read its answers, so that those which don't read leave the rest of the memory to the others.
    mutating func enqueue(_ token: Token, bytes: Int, unread: Int, isMemoryTight: Bool) -> Bool {
        if waiting.isEmpty, fits(bytes, unread: unread, isMemoryTight: isMemoryTight) {
            runningBytes += bytes
            return true
        }
        waiting.append(Waiting(token: token, bytes: bytes))
        return false
    }

    /// Whether any request waits.
    var hasWaiting: Bool { !waiting.isEmpty }

    /// The longest waiting request, if it may run now.
    mutating func next(unread: Int, isMemoryTight: Bool) -> Token? {
        guard let first = waiting.first, fits(first.bytes, unread: unread, isMemoryTight: isMemoryTight) else {
            return nil
        }
        waiting.removeFirst()
        runningBytes += first.bytes
        return first.token
    }

    /// Takes note that a request which ran has finished.
    mutating func finished(bytes: Int) { runningBytes -= bytes }

    /// Takes a waiting request out; whether it was one.
    mutating func remove(_ token: Token) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.token == token }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Takes out all that wait.
    mutating func removeAll() -> [Token] {
        defer { waiting.removeAll() }
        return waiting.map(\.token)
    }

    /// One may always run when nothing else is under way.
    private func fits(_ bytes: Int, unread: Int, isMemoryTight: Bool) -> Bool {
        let underWay = runningBytes + unread
        return underWay == 0 || (!isMemoryTight && underWay + bytes <= maximumBytes)
    }
}
