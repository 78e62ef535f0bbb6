import MemoryModel
import Synchronization

/// Lets callers that want the same answer at the same time share one read of the store.
///
/// A read runs in a task of its own: a caller that gives up takes it from nobody. An answer stays to be joined until it
/// has been kept, and a moment longer: a caller may have looked for it before, and come here after. Its equal ticket says
/// that the answer is good for it all the same.
final class SingleFlight: Sendable {
    typealias Outcome = Result<CachedAnswer, StoreError>
    /// Reads the store.
    typealias Read = @Sendable () async throws(StoreError) -> CachedAnswer
    /// Puts the answer where later callers find it.
    typealias Keep = @Sendable (CachedAnswer) async -> Void

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
        var continuation: CheckedContinuation<Joined, Never>
        /// For a caller with less time than the one whose read it joined.
        var alarm: Task<Void, Never>?

        func resume(_ joined: Joined) {
            alarm?.cancel()
            continuation.resume(returning: joined)
        }
    }

    fileprivate enum Flight {
        case reading(deadline: ContinuousClock.Instant, waiters: [UInt64: Waiter])
        case landed(CachedAnswer)
    }

    private struct State {
        var flights: [CacheTicket: Flight] = [:]
        var lastWaiter: UInt64 = 0
    }

    /// How long an answer stays once it is kept.
    private static let linger = Duration.milliseconds(20)
    /// The largest answer that stays, in bytes.
    private static let lingeringBytes = 65_536

    private let state = Mutex(State())

    /// What becomes of a read under way with an equal ticket, or else of `read`, whose answer `keep` is told. `deadline`
    /// is this caller's.
    func answer(
        for ticket: CacheTicket, deadline: ContinuousClock.Instant, _ read: @escaping Read,
        keep: @escaping Keep = { _ in }
    ) async -> Joined {
        await withCheckedContinuation { continuation in
            let (landed, isFirst) = state.withLock { state -> (CachedAnswer?, Bool) in
                state.lastWaiter += 1
                let number = state.lastWaiter
                var waiter = Waiter(continuation: continuation)
                switch state.flights[ticket] {
                case .landed(let answer)?: return (answer, false)
                case .reading(let latest, var waiters)?:
                    if deadline < latest { waiter.alarm = alarm(for: number, of: ticket, at: deadline) }
                    waiters[number] = waiter
                    state.flights[ticket] = .reading(deadline: latest, waiters: waiters)
                    return (nil, false)
                case nil:
                    state.flights[ticket] = .reading(deadline: deadline, waiters: [:])
                    return (nil, true)
                }
            }
            if let landed { continuation.resume(returning: .others(.success(landed))) }
            if isFirst { Task { await fly(ticket, read, keep, continuation) } }
        }
    }

    private func fly(
        _ ticket: CacheTicket, _ read: Read, _ keep: Keep, _ leader: CheckedContinuation<Joined, Never>
    ) async {
        let outcome: Outcome
        do throws(StoreError) {
            outcome = .success(try await read())
        } catch {
            outcome = .failure(error)
        }
        let landed = try? outcome.get()
        let waiters = state.withLock { state -> [Waiter] in
            defer { state.flights[ticket] = landed.map(Flight.landed) }
            guard case .reading(_, let waiters)? = state.flights[ticket] else { return [] }
            return Array(waiters.values)
        }
        leader.resume(returning: .own(outcome))
        for waiter in waiters { waiter.resume(.others(outcome)) }
        guard let landed else { return }
        await keep(landed)
        if landed.members.count <= Self.lingeringBytes { try? await Task.sleep(for: Self.linger) }
        state.withLock { _ = $0.flights.removeValue(forKey: ticket) }
    }

    private func alarm(
        for number: UInt64, of ticket: CacheTicket, at deadline: ContinuousClock.Instant
    ) -> Task<Void, Never> {
        Task {
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
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
