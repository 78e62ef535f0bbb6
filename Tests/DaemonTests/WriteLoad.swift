import DaemonFixture
import Synchronization

/// A client that pipelines writes: new memories, new memories in batches, and a few that it rewrites again and again.
struct WriteLoad: Sendable {
    /// Names the client's memories; no two clients write the same.
    let name: String
    let ledger: WriteLedger
    /// How many requests it has under way.
    var depth = 24
    var deadlineMs = 5_000
    /// Goes on counting from here, so that several loads of one name write new memories.
    let counter: Counter

    /// A count that several loads share.
    final class Counter: Sendable {
        private let count = Atomic(0)

        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }

    private struct Sent {
        let pending: WireClient.Pending
        let writes: [(id: String, number: Int)]
        let isBatch: Bool
    }

    /// Writes until the task is cancelled or the connection is closed. Returns when each request's fate is noted.
    func run(on client: WireClient) async {
        var window: [Sent] = []
        var isOpen = true
        while isOpen, !Task.isCancelled {
            while window.count < depth { window.append(send(on: client)) }
            let sent = window.removeFirst()
            let answer = await note(sent)
            isOpen = answer != nil
            // A server that is away refuses at once; asking it as fast as it refuses would prove nothing.
            if let answer, answer.result == nil { try? await Task.sleep(for: .milliseconds(10)) }
        }
        for sent in window { _ = await note(sent) }
    }

    private func note(_ sent: Sent) async -> WireAnswer? {
        let answer = try? await sent.pending.answer(within: .milliseconds(deadlineMs + 5_000))
        ledger.answered(sent.writes, answer, isBatch: sent.isBatch)
        return answer
    }

    private func send(on client: WireClient) -> Sent {
        let edition = counter.next()
        if edition.isMultiple(of: 13) {
            let ids = (0..<5).map { "\(name)-batch-\(edition)-\($0)" }
            let records = ids.map { record($0, edition) }
            let writes = ids.map { (id: $0, number: ledger.sending($0, edition: edition)) }
            let pending = client.begin("storeBatch", ["records": .array(records)], deadlineMs: deadlineMs)
            return Sent(pending: pending, writes: writes, isBatch: true)
        }
        let id = edition.isMultiple(of: 3) ? "\(name)-again-\(edition % 4)" : "\(name)-new-\(edition)"
        let writes = [(id: id, number: ledger.sending(id, edition: edition))]
        let pending = client.begin("store", ["record": record(id, edition)], deadlineMs: deadlineMs)
        return Sent(pending: pending, writes: writes, isBatch: false)
    }

    private func record(_ id: String, _ edition: Int) -> JSONValue {
        .record(id, agent: name, context: ["edition": .int(edition)], tags: ["load", name])
    }
}
