import MemoryModel

/// Keeps requests of one connection that name the same memory in the order in which they were sent.
///
/// Enqueue each request with the ids that it names; it may run when every earlier one that shares an id has finished.
struct IDSequencer {
    /// A request's place in the order of its connection.
    typealias Token = UInt64

    private struct Entry {
        var ids: [MemoryID]
        var predecessors: Int
        var successors: [Token] = []
    }

    private var entries: [Token: Entry] = [:]

    /// The last request that named each id, while it has not finished.
    private var tails: [MemoryID: Token] = [:]

    /// Whether no request under way names one of `ids`.
    func isFree(_ ids: [MemoryID]) -> Bool { tails.isEmpty || ids.allSatisfy { tails[$0] == nil } }

    /// Whether no request under way names any memory.
    var isEmpty: Bool { tails.isEmpty }

    /// Adds a request, which has a token of its own. Returns whether it may run at once.
    mutating func enqueue(_ token: Token, naming ids: [MemoryID]) -> Bool {
        guard !ids.isEmpty else { return true }
        var predecessors: Set<Token> = []
        for id in ids {
            if let tail = tails.updateValue(token, forKey: id), tail != token { predecessors.insert(tail) }
        }
        for predecessor in predecessors { entries[predecessor]?.successors.append(token) }
        entries[token] = Entry(ids: ids, predecessors: predecessors.count)
        return predecessors.isEmpty
    }

    /// Takes note that a request has finished. Returns those that may run now.
    mutating func finish(_ token: Token) -> [Token] {
        guard let entry = entries.removeValue(forKey: token) else { return [] }
        for id in entry.ids where tails[id] == token { tails.removeValue(forKey: id) }
        return entry.successors.filter { successor in
            entries[successor]?.predecessors -= 1
            return entries[successor]?.predecessors == 0
        }
    }
}
