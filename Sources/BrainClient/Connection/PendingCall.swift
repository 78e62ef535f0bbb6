import NIOCore
import StrictJSON
import Synchronization

/// One call on its way through a connection. It belongs to the connection's event loop.
struct PendingCall {
    let method: String
    let params: JSONText
    let deadline: NIODeadline
    let ticket: CallTicket
    let continuation: CheckedContinuation<Result<JSONView, BrainError>, Never>
    var timer: Scheduled<Void>?
}

/// What a caller and the event loop share of one call: its id, and whether its task was cancelled before it arrived
/// there.
final class CallTicket: Sendable {
    let id: Int64
    private let cancelled = Atomic<Bool>(false)

    init(id: Int64) {
        self.id = id
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() {
        cancelled.store(true, ordering: .releasing)
    }
}
