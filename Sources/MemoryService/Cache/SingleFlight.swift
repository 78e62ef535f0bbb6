import DequeModule
import MemoryModel
import MonotonicClock
import Synchronization

/// Lets callers that want the same answer at the same time share one read of the store.
///
/// The first caller reads; one that is cancelled meanwhile fails those who joined it, and they read by themselves. An answer
/// stays to be joined a moment longer than it takes to keep it: a caller may have looked for it before, and come here after.
/// Its equal ticket says that the answer is good for it all the same.
final class SingleFlight: Sendable {
    typealias Outcome = Result<CachedAnswer, StoreError>
    /// Reads the store.
    typealias Read = @Sendable () async throws(StoreError) -> CachedAnswer
    /// Puts the answer where later callers find it.
    typealias Keep = @Sendable (CachedAnswer) -> Void

    /// What a caller gets.
    enum Joined: Sendable {
        /// The outcome of the read that it began.
        case own(Outcome)
        /// The outcome of another caller's read.
        case others(Outcome)
        /// Its deadline came first.
        case tooLate
    }

    fileprivate struct Waiter {
        var continuation: CheckedContinuation<Joined?, Never>
        /// For a caller with less time than the one whose read it joined.
        var alarm: Task<Void, Never>?

        func resume(_ joined: Joined) {
            alarm?.cancel()
            continuation.resume(returning: joined)
        }
    }

    fileprivate enum Flight {
        case reading(deadline: MonotonicInstant, waiters: [UInt64: Waiter])
        case landed(CachedAnswer)
    }

    private struct State {
        var flights: [CacheTicket: Flight] = [:]
        var lastWaiter: UInt64 = 0
        /// What has landed, and when it goes, in this order.
        var landed: Deque<(ticket: CacheTicket, until: MonotonicInstant)> = []
        var isSweeping = false

        mutating func sweep(at now: MonotonicInstant) {
            while let first = landed.first, first.until <= now {
                flights[first.ticket] = nil
                landed.removeFirst()
            }
        }
    }

    /// How long an answer stays once it is kept.
    private static let linger = Duration.milliseconds(20)
    /// The largest answer that stays, in bytes.
    private static let lingeringBytes = 65_536

    private let state = Mutex(State())

    private enum Place {
        case leads, joins
        case comesAfter(CachedAnswer)
    }

    /// What becomes of a read under way with an equal ticket, or else of `read`, whose answer `keep` is told. `deadline`
    /// is this caller's.
    func answer(
        for ticket: CacheTicket, deadline: MonotonicInstant, _ read: Read, keep: Keep = { _ in }
    ) async -> Joined {
        let place = state.withLock { state -> Place in
            switch state.flights[ticket] {
            case .landed(let answer)?: return .comesAfter(answer)
            case .reading?: return .joins
            case nil:
                state.flights[ticket] = .reading(deadline: deadline, waiters: [:])
                return .leads
            }
        }
        switch place {
        case .comesAfter(let answer): return .others(.success(answer))
        case .leads: return .own(await lead(ticket, read, keep))
        case .joins:
            if let joined = await join(ticket, deadline: deadline) { return joined }
            // It ended in between, without an answer that stays.
            return await answer(for: ticket, deadline: deadline, read, keep: keep)
        }
    }

    private func lead(_ ticket: CacheTicket, _ read: Read, _ keep: Keep) async -> Outcome {
        let outcome: Outcome
        do throws(StoreError) {
            outcome = .success(try await read())
        } catch {
            outcome = .failure(error)
        }
        let answer = try? outcome.get()
        if let answer { keep(answer) }
        let lingers = (answer?.members.count ?? .max) <= Self.lingeringBytes
        let now = MonotonicInstant.now
        let (waiters, mustSweep) = state.withLock { state -> ([Waiter], Bool) in
            guard case .reading(_, let waiters)? = state.flights[ticket] else { return ([], false) }
            state.sweep(at: now)
            state.flights[ticket] = lingers ? answer.map(Flight.landed) : nil
            guard lingers else { return (Array(waiters.values), false) }
            state.landed.append((ticket, now + Self.linger))
            defer { state.isSweeping = true }
            return (Array(waiters.values), !state.isSweeping)
        }
        for waiter in waiters { waiter.resume(.others(outcome)) }
        if mustSweep { Task { await sweep() } }
        return outcome
    }

    /// Waits for a read under way; nil when there is none any more.
    private func join(_ ticket: CacheTicket, deadline: MonotonicInstant) async -> Joined? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Joined?, Never>) in
            let isOver = state.withLock { state in
                guard case .reading(let latest, var waiters)? = state.flights[ticket] else { return true }
                state.lastWaiter += 1
                let number = state.lastWaiter
                var waiter = Waiter(continuation: continuation)
                if deadline < latest { waiter.alarm = alarm(for: number, of: ticket, at: deadline) }
                waiters[number] = waiter
                state.flights[ticket] = .reading(deadline: latest, waiters: waiters)
                return false
            }
            if isOver { continuation.resume(returning: nil) }
        }
    }

    /// One task for all answers that stay, as long as there are any.
    private func sweep() async {
        while true {
            try? await Task.sleep(for: Self.linger)
            let isDone = state.withLock { state in
                state.sweep(at: .now)
                state.isSweeping = !state.landed.isEmpty
                return !state.isSweeping
            }
            if isDone { return }
        }
    }

    private func alarm(
        for number: UInt64, of ticket: CacheTicket, at deadline: MonotonicInstant
    ) -> Task<Void, Never> {
        Task {
            guard (try? await Task.sleep(until: deadline)) != nil else { return }
            let waiter = state.withLock { state -> Waiter? in
                guard case .reading(let latest, var waiters)? = state.flights[ticket] else { return nil }
                let waiter = waiters.removeValue(forKey: number)
                state.flights[ticket] = .reading(deadline: latest, waiters: waiters)
                return waiter
            }
            waiter?.continuation.resume(returning: .tooLate)
        }
    }
}
