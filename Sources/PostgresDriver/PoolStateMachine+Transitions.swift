import DequeModule
import MonotonicClock

extension PoolStateMachine {
    mutating func request(_ waiter: Waiter, at now: Instant, _ actions: inout [Action]) {
        switch phase {
        case .running: break
        case .notStarted: return actions.append(.refuse(waiter.id, .unavailable))
        case .draining, .closing, .stopped: return actions.append(.refuse(waiter.id, .shutDown))
        }
        if waiter.deadline <= now { return actions.append(.refuse(waiter.id, .deadlineExceeded)) }
        if isDown { return actions.append(.refuse(waiter.id, .unavailable)) }
        if waiters.isEmpty, let id = idle.popLast() {
            lease(id, to: waiter, &actions)
        } else if waiters.count < limits.maxWaiting {
            waiters.append(waiter)
        } else {
            actions.append(.refuse(waiter.id, .busy))
        }
    }

    mutating func connected(_ id: ConnectionID, _ actions: inout [Action]) {
        // Given up already, because it took too long: too late.
        guard case .connecting = connections[id]?.state else { return actions.append(.close(id)) }
        didLastAttemptFail = false
        nextAttemptAt = nil
        // Not 0 before it has served: a server that accepts and then drops connections still meets pauses.
        failedAttempts = min(failedAttempts, 1)
        becomeIdle(id, &actions)
    }

    mutating func connectFailed(_ id: ConnectionID, at now: Instant) {
        guard let state = connections.removeValue(forKey: id)?.state, case .connecting = state else { return }
        didLastAttemptFail = true
        backOff(at: now)
    }

    mutating func released(_ id: ConnectionID, isSound: Bool, at now: Instant, _ actions: inout [Action]) {
        guard let connection = connections[id] else { return }
        if case .leased(let request) = connection.state { leases[request] = nil }
        guard isSound else {
            connections[id] = nil
            return
        }
        // Asked to close while it was busy: its `closed` is still to come.
        if case .closing = connection.state {
            connections[id]?.state = .closing(nil)
            return
        }
        failedAttempts = 0
        connections[id]?.hasServed = true
        becomeIdle(id, &actions)
    }

    mutating func closed(_ id: ConnectionID, at now: Instant, _ actions: inout [Action]) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        switch connection.state {
        case .leased(let request):
            // Its job was not started: it goes to the head of the queue, beyond any bound, for it has waited already.
            if let deadline = leases.removeValue(forKey: request) {
                waiters.prepend(Waiter(id: request, deadline: deadline))
            }
        case .idle:
            idle.removeAll { $0 == id }
        case .closing(let request):
            if let request { actions.append(.refuse(request, .shutDown)) }
            return
        case .connecting:
            break
        }
        if !connection.hasServed { backOff(at: now) }
    }

    mutating func timer(at now: Instant, _ actions: inout [Action]) {
        if let wake = wakeAt, wake <= now { wakeAt = nil }
        for waiter in waiters where waiter.deadline <= now {
            actions.append(.refuse(waiter.id, .deadlineExceeded))
        }
        waiters.removeAll { $0.deadline <= now }
        for (id, connection) in connections {
            guard case .connecting(let until) = connection.state, until <= now else { continue }
            connections[id] = nil
            didLastAttemptFail = true
            backOff(at: now)
            actions.append(.abort(id))
        }
        endPhase(at: now, &actions)
    }

    private mutating func endPhase(at now: Instant, _ actions: inout [Action]) {
        switch phase {
        case .draining(let until) where until <= now:
            for waiter in waiters { actions.append(.refuse(waiter.id, .shutDown)) }
            waiters.removeAll()
            beginClosing(at: now, &actions)
        case .closing(let until) where until <= now:
            // What their threads have not begun must be refused when they say so.
            for (id, connection) in connections {
                if case .closing(let request?) = connection.state { givenUp[id] = request }
            }
            connections = [:]
        default:
            break
        }
    }

    /// Ends every connection; those that don't end in time are given up.
    private mutating func beginClosing(at now: Instant, _ actions: inout [Action]) {
        phase = .closing(until: now + .milliseconds(300))
        for id in connections.keys.sorted(by: { $0.number < $1.number }) {
            var unfinished: RequestID?
            switch connections[id]?.state {
            case .idle: actions.append(.close(id))
            case .connecting: actions.append(.abort(id))
            case .leased(let request):
                unfinished = request
                actions.append(.abort(id))
            case .closing, nil: continue
            }
            connections[id]?.state = .closing(unfinished)
        }
        idle = []
        leases = [:]
    }

    private mutating func becomeIdle(_ id: ConnectionID, _ actions: inout [Action]) {
        if let waiter = waiters.popFirst() {
            lease(id, to: waiter, &actions)
        } else {
            connections[id]?.state = .idle
            idle.append(id)
        }
    }

    private mutating func lease(_ id: ConnectionID, to waiter: Waiter, _ actions: inout [Action]) {
        connections[id]?.state = .leased(waiter.id)
        leases[waiter.id] = waiter.deadline
        actions.append(.lease(id, waiter.id))
    }

    /// Puts the next attempt off. Several failures at one time count once.
    private mutating func backOff(at now: Instant) {
        if nextAttemptAt != nil { return }
        failedAttempts += 1
        let doublings = min(failedAttempts - 1, 16)
        let pause = min(limits.maximumBackoff, limits.minimumBackoff * (1 << doublings))
        nextAttemptAt = now + pause * (0.5 + 0.5 * randomness())
    }
}

extension PoolStateMachine {
    /// What follows from any event: refusals when down, new attempts, the end of a shutdown, the next wake-up.
    mutating func settle(at now: Instant, _ actions: inout [Action]) {
        if isDown {
            for waiter in waiters { actions.append(.refuse(waiter.id, .unavailable)) }
            waiters.removeAll()
        }
        serveWaiters(&actions)
        openConnections(at: now, &actions)
        if case .draining = phase, waiters.isEmpty, leases.isEmpty { beginClosing(at: now, &actions) }
        if case .closing = phase, connections.isEmpty {
            phase = .stopped
            actions.append(.stopped)
            return
        }
        armTimer(at: now, &actions)
    }

    /// A waiter that came back to the queue may find a connection idle.
    private mutating func serveWaiters(_ actions: inout [Action]) {
        while !waiters.isEmpty, let id = idle.popLast(), let waiter = waiters.popFirst() {
            lease(id, to: waiter, &actions)
        }
    }

    private mutating func openConnections(at now: Instant, _ actions: inout [Action]) {
        switch phase {
        case .running: break
        case .draining where !waiters.isEmpty: break
        default: return
        }
        if nextAttemptAt != nil { return }
        let minimum = phase == .running ? limits.minimum : 0
        let wanted = min(limits.size, max(minimum, leases.count + waiters.count))
        var opening = max(0, wanted - connections.count)
        // While the server is down one attempt at a time is enough to learn of its return.
        if isDown { opening = min(opening, max(0, 1 - connecting)) }
        for _ in 0..<opening {
            lastConnectionNumber += 1
            let id = ConnectionID(number: lastConnectionNumber)
            connections[id] = Connection(state: .connecting(until: now + limits.attemptTimeout))
            actions.append(.connect(id))
        }
    }

    private mutating func armTimer(at now: Instant, _ actions: inout [Action]) {
        var earliest: Instant?
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        // The earliest wake-up asked for stands: only what came since can be earlier. A wake-up too many does no harm.
        if let wakeAt { consider(wakeAt) }
        if wakeAt == nil {
            for waiter in waiters { consider(waiter.deadline) }
        } else {
            if let first = waiters.first { consider(first.deadline) }
            if let last = waiters.last { consider(last.deadline) }
        }
        for connection in connections.values {
            if case .connecting(let until) = connection.state { consider(until) }
        }
        if let nextAttemptAt { consider(nextAttemptAt) }
        switch phase {
        case .draining(let until), .closing(let until): consider(until)
        default: break
        }
        guard let earliest, earliest != wakeAt else { return }
        wakeAt = earliest
        actions.append(.wake(at: earliest))
    }
}
