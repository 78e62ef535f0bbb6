import DaemonFixture
import Synchronization

/// What was asked to be written, what the daemon said to each, and whether the store can be what it is after all that.
final class WriteLedger: Sendable, CustomStringConvertible {
    /// What became of one write of one memory.
    enum Outcome: Sendable {
        /// Written, the daemon says, as this version.
        case acknowledged(version: Int)

        /// Not written, the daemon says, for this reason.
        case refused(String)

        /// Nobody said: the connection broke, or `commit_unknown`.
        case unknown(String)
    }

    /// One write of one memory: its place in the order of sending, and what it wrote.
    struct Write: Sendable {
        let edition: Int
        var outcome: Outcome?
    }

    private struct State {
        var writes: [String: [Write]] = [:]
        var batches: [(ids: [String], outcome: Outcome)] = []
        var acknowledged = 0
        var kinds: [String: Int] = [:]
        var strange: [String] = []
    }

    private let state = Mutex(State())

    /// Writes acknowledged so far.
    var acknowledged: Int { state.withLock { $0.acknowledged } }

    /// How often each kind of error was answered; `closed` is a connection's end.
    var kinds: [String: Int] { state.withLock { $0.kinds } }

    /// Every id that was ever sent.
    var ids: [String] { state.withLock { Array($0.writes.keys) } }

    /// The sums, for people.
    var description: String { "\(acknowledged) writes acknowledged, errors \(kinds)" }

    /// Notes that a write is about to be sent; returns its number among those of its id.
    func sending(_ id: String, edition: Int) -> Int {
        state.withLock { state in
            state.writes[id, default: []].append(Write(edition: edition))
            return (state.writes[id]?.count ?? 0) - 1
        }
    }

    /// Notes what the daemon answered; nil when the connection broke.
    func answered(_ writes: [(id: String, number: Int)], _ answer: WireAnswer?, isBatch: Bool) {
        let outcomes: [Outcome] = writes.indices.map { index in
            guard let answer else { return .unknown("closed") }
            if let result = answer.result {
                return .acknowledged(version: (isBatch ? result["results"]?[index] : result)?["version"]?.int ?? -1)
            }
            let kind = answer.kind ?? "none"
            return kind == "commit_unknown" ? .unknown(kind) : .refused(kind)
        }
        state.withLock { state in
            for (write, outcome) in zip(writes, outcomes) { state.writes[write.id]?[write.number].outcome = outcome }
            if answer?.result != nil { state.acknowledged += writes.count }
            if answer?.result == nil { state.kinds[answer.map { $0.kind ?? "none" } ?? "closed", default: 0] += 1 }
            let names = answer?.error?["data"]?["ids"]
            if answer?.kind == "commit_unknown", names != .strings(writes.map(\.id)) {
                state.strange.append("commit_unknown of \(writes.map(\.id)) names \(names?.description ?? "nothing")")
            }
            if isBatch, let outcome = outcomes.first { state.batches.append((writes.map(\.id), outcome)) }
        }
    }

    /// What is wrong with the memories found, of these ids (nil: of all): empty when all is as it must be.
    func violations(_ found: [String: JSONValue], among ids: [String]? = nil) -> [String] {
        state.withLock { state in
            var violations = state.strange
            for (id, writes) in state.writes where ids?.contains(id) != false {
                if let violation = Self.violation(writes, found[id]) { violations.append("\(id): \(violation)") }
            }
            for batch in state.batches where ids == nil {
                let present = batch.ids.filter { found[$0] != nil }.count
                if present != 0 && present != batch.ids.count {
                    violations.append("\(present) of a batch of \(batch.ids.count): \(batch.ids) \(batch.outcome)")
                }
            }
            return violations
        }
    }

    /// Every acknowledged write took effect in its order, none that was refused did, and the others either way.
    private static func violation(_ writes: [Write], _ found: JSONValue?) -> String? {
        // Which (edition, version) the memory may be in; version 0 is none.
        var possible: Set<[Int]> = [[-1, 0]]
        for write in writes {
            let written = Set(possible.map { [write.edition, $0[1] + 1] })
            switch write.outcome {
            case .acknowledged(let version):
                possible = written.filter { $0[1] == version }
                if possible.isEmpty { return "acknowledged as version \(version), which it can't be: \(writes)" }
            case .refused: break
            case .unknown, nil: possible.formUnion(written)
            }
        }
        let state = found.map { [$0["context"]?["edition"]?.int ?? -2, $0["version"]?.int ?? -2] } ?? [-1, 0]
        return possible.contains(state) ? nil : "found \(found?.description ?? "nothing") after \(writes)"
    }
}
