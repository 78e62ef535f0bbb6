public import StrictJSON

extension BrainClient {
    /// Sends `request` and reads its answer. `deadline` is 1 ms to 10 min; without it, the configuration's.
    public func send<Answer: Sendable>(
        _ request: BrainRequest<Answer>, deadline: Duration? = nil
    ) async throws(BrainError) -> Answer {
        let result = try await sendForView(
            request.method.rawValue, request.params, isIdempotent: request.isIdempotent, deadline: deadline)
        do throws(AnswerFault) {
            return try request.answer(from: result)
        } catch {
            throw .protocolViolation(reason: error.reason)
        }
    }

    /// Sends `request` and returns the daemon's result as it is; `request.answer(from:)` reads it.
    public func sendForText<Answer>(
        _ request: BrainRequest<Answer>, deadline: Duration? = nil
    ) async throws(BrainError) -> JSONText {
        try await sendForView(
            request.method.rawValue, request.params, isIdempotent: request.isIdempotent, deadline: deadline
        ).compacted()
    }

    /// Calls any method, known to this version or not, with parameters that are a JSON object.
    ///
    /// A method that may write is repeated by `Configuration.retry` only when it certainly changed nothing.
    public func call(
        _ method: String, params: JSONText = .emptyObject, deadline: Duration? = nil
    ) async throws(BrainError) -> JSONText {
        let isRead = ProtocolMethod(rawValue: method).map { !$0.isWrite } ?? false
        return try await sendForView(method, params, isIdempotent: isRead, deadline: deadline).compacted()
    }

    private func sendForView(
        _ method: String, _ params: JSONText, isIdempotent: Bool, deadline: Duration?
    ) async throws(BrainError) -> JSONView {
        let clock = ContinuousClock()
        let end = clock.now + (deadline ?? configuration.defaultDeadline)
        let policy = configuration.retry
        let backoff = Backoff(minimum: policy.minimumDelay, maximum: policy.maximumDelay)
        var attempt = 1
        var isAfterShutdown = false
        while true {
            do throws(BrainError) {
                return try await perform(method, params, deadline: clock.now.duration(to: end))
            } catch {
                isAfterShutdown = isAfterShutdown || error.rejection?.kind == .shuttingDown
                let mayRepeat = policy.covers(error, isIdempotent: isIdempotent, isAfterShutdown: isAfterShutdown)
                var delay = backoff.delay(afterFailures: attempt, random: Double.random(in: 0..<1))
                if let wish = error.rejection?.retryAfterMilliseconds { delay = max(delay, .milliseconds(wish)) }
                guard mayRepeat, attempt < policy.maximumAttempts, clock.now + delay < end else { throw error }
                attempt += 1
                do { try await Task.sleep(for: delay) } catch { throw .cancelled }
            }
        }
    }
}
