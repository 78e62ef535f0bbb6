import Glibc
import MemoryModel
import MonotonicClock
import PostgresDriver
import Synchronization

/// Sends calls of one kind to PostgreSQL in groups: the shell around `GroupQueue`.
///
/// A call never fails because of another one in its group: where the group's statement was refused, or left the call out,
/// its caller is told to go `alone`.
final class CallGroups<Request: Sendable, Answer: Sendable>: Sendable {
    /// What became of a call.
    enum Landing: Sendable {
        case answer(Answer)
        case failure(PostgresError)
        /// Surely nothing was written: the caller makes the call by itself.
        case alone
    }

    /// One request on its way. A class, since what is generic costs a search for its type's description with each copy.
    final class Call: Sendable {
        let request: Request
        let continuation: CheckedContinuation<Landing, Never>

        init(request: Request, continuation: CheckedContinuation<Landing, Never>) {
            self.request = request
            self.continuation = continuation
        }
    }

    typealias Member = GroupQueue<Call>.Member

    /// Carries out a group of one scope on a connection's thread; an answer for each, nil for those it left out.
    typealias Work =
        @Sendable (PostgresSession, _ group: [Request], AgentScope, _ patience: Duration) throws -> [Answer?]

    private let pool: PostgresConnectionPool
    private let access: PostgresAccess
    private let work: Work
    private let queue: Mutex<GroupQueue<Call>>
    private let lastTicket = Atomic<UInt64>(0)

    init(pool: PostgresConnectionPool, access: PostgresAccess, limits: GroupQueue<Call>.Limits, _ work: @escaping Work)
    {
        self.pool = pool
        self.access = access
        self.work = work
        queue = Mutex(GroupQueue(limits: limits))
    }

    /// How many calls wait for a flight.
    var waitingCount: Int { queue.withLock { $0.waitingCount } }

    /// Makes a call with others. Returns by its deadline and a little.
    ///
    /// Cancelling the calling task ends its wait for a flight; a call that has been sent runs to its end.
    func landing(
        of request: Request, bytes: Int, writes: MemoryID? = nil, scope: AgentScope,
        deadline: MonotonicInstant
    ) async -> Landing {
        let ticket = lastTicket.add(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let member = Member(
                    ticket: ticket, deadline: deadline, scope: scope, writes: writes, bytes: bytes,
                    call: Call(request: request, continuation: continuation))
                perform(queue.withLock { $0.join(member, at: .now) })
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { cancel(ticket) }
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    private func cancel(_ ticket: UInt64) {
        queue.withLock { $0.cancel(ticket) }?.call.continuation.resume(returning: .failure(.cancelled))
    }

    private func perform(_ actions: GroupQueue<Call>.Actions) {
        if let flight = actions.launch { launch(flight) }
        for member in actions.expired { member.end(.failure(.deadlineExceeded)) }
        for member in actions.lost {
            member.end(.failure(access == .write ? .outcomeUnknown("no answer in time") : .deadlineExceeded))
        }
        if let instant = actions.wakeAt {
            Task { [weak self] in
                try? await Task.sleep(until: instant)
                guard let self else { return }
                perform(queue.withLock { $0.timer(at: .now) })
            }
        }
    }

    // MARK: Flights

    private func launch(_ flight: GroupQueue<Call>.Flight) {
        let deadline = queue.withLock { $0.latestDeadline } ?? .now
        pool.begin(deadline: deadline, access: access) { [work] session in
            self.gather()
            let group = self.take(flight)
            guard let first = group.first else { return [] }
            let now = MonotonicInstant.now
            var (earliest, latest) = (first.deadline, first.deadline)
            for member in group {
                earliest = min(earliest, member.deadline)
                latest = max(latest, member.deadline)
            }
            session.setDeadline(latest)
            // What is left then is for going alone.
            let patience = min((earliest - now) / 2, GroupLimits.patience)
            return try work(session, group.map { $0.call.request }, first.scope, patience)
        } completion: { result in
            self.land(flight, result)
        }
    }

    /// Waits a moment for those that are about to come: on a connection's thread, which has nothing else to do.
    private func gather() {
        let end = MonotonicInstant.now + GroupLimits.gatheringTime
        while queue.withLock({ $0.isGathering }), MonotonicInstant.now < end { usleep(GroupLimits.gatheringStep) }
    }

    private func take(_ flight: GroupQueue<Call>.Flight) -> [Member] {
        let (group, actions) = queue.withLock { $0.take(flight, at: .now) }
        perform(actions)
        return group
    }

    private func land(_ flight: GroupQueue<Call>.Flight, _ result: Result<[Answer?], PostgresAttemptError>) {
        let (group, gone, actions, refused) = queue.withLock { queue in
            let (group, gone, actions) = queue.landed(flight, at: .now)
            // Without a connection the flight has no group, and its failure is that of all who wait for one.
            var refused: [Member] = []
            if case .failure(let failure) = result, group.isEmpty, !failure.isDeadline { refused = queue.endAll() }
            return (group, gone, actions, refused)
        }
        // First of all: PostgreSQL goes on while the callers are told.
        perform(actions)
        for (index, member) in group.enumerated() where !gone.contains(member.ticket) {
            switch result {
            case .success(let answers): member.end(answers[index].map(Landing.answer) ?? .alone)
            case .failure(let failure):
                member.end(failure.isForEach(of: group.count) ? .alone : .failure(failure.error))
            }
        }
        if case .failure(let failure) = result { for member in refused { member.end(.failure(failure.error)) } }
    }
}

extension GroupQueue.Member {
    fileprivate func end<Request, Answer>(_ landing: CallGroups<Request, Answer>.Landing)
    where Call == CallGroups<Request, Answer>.Call {
        call.continuation.resume(returning: landing)
    }
}

extension PostgresAttemptError {
    fileprivate var isDeadline: Bool { if case .deadlineExceeded = error { true } else { false } }

    /// Whether surely nothing was written, and each call of the group may fare better by itself.
    fileprivate func isForEach(of count: Int) -> Bool {
        if mayTryAgain { return true }
        switch error {
        case .server, .deadlineExceeded, .invalidParameter, .tooLarge: return count > 1
        case .unavailable, .outcomeUnknown, .busy, .cancelled, .shutDown, .protocolViolation, .body: return false
        }
    }
}
