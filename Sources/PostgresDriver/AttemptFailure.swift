/// Why one run of a body failed, and whether the body may be run again.
struct AttemptFailure: Error {
    enum Remedy: Equatable {
        /// None: the error is the caller's.
        case none
        /// The connection was lost with surely nothing written: another connection may do.
        case anotherConnection
        /// Another transaction was in the way: the same again after a moment.
        case laterAgain
        /// Prepared statements were stale and have been dropped: the same again.
        case again
    }

    let error: PostgresError
    let remedy: Remedy

    init(_ error: PostgresError, remedy: Remedy = .none) {
        self.error = error
        self.remedy = remedy
    }

    /// The failure of a body that threw `thrown` while it used `session`.
    init(_ thrown: any Error, of session: PostgresSession) {
        guard let error = thrown as? PostgresError else {
            self.init(.body(thrown))
            return
        }
        guard !session.mayHaveWritten else {
            self.init(error)
            return
        }
        switch error {
        case .unavailable where session.isLost:
            self.init(error, remedy: .anotherConnection)
        case .server(let state, let message, _, _):
            switch state.category {
            case .conflict: self.init(error, remedy: .laterAgain)
            case .stalePlan where session.metStalePlan: self.init(error, remedy: .again)
            case .unavailable: self.init(.unavailable("\(message) (\(state))"))
            default: self.init(error)
            }
        default:
            self.init(error)
        }
    }
}

/// How often, and after what pause, a body is run again. A plain value: each `run` has its own.
struct RetryPolicy {
    private var afterLoss = 0
    private var afterConflict = 0
    private var afterStalePlan = 0

    /// The pause before the next run; nil when `failure` is final.
    ///
    /// - Parameter jitter: a random number in 0..<1.
    mutating func pause(after failure: AttemptFailure, jitter: Double) -> Duration? {
        switch failure.remedy {
        case .none:
            return nil
        case .anotherConnection:
            afterLoss += 1
            return afterLoss <= PostgresLimits.retriesAfterLoss ? .zero : nil
        case .again:
            afterStalePlan += 1
            return afterStalePlan <= PostgresLimits.retriesAfterStalePlan ? .zero : nil
        case .laterAgain:
            afterConflict += 1
            guard afterConflict <= PostgresLimits.retriesAfterConflict else { return nil }
            // 1, 2, 4, … ms, half of it random, so that the two don't meet again.
            return .milliseconds(1 << (afterConflict - 1)) * (0.5 + 0.5 * jitter)
        }
    }
}
