import BrainClient

// What becomes of sealed batches.

extension ImportStateMachine {
    /// The next batch to send, which is in flight from now on; nil while none may be sent.
    mutating func nextToSend(now: ContinuousClock.Instant) -> Batch? {
        // A strict import has one batch under way, so that nothing after a bad line is stored.
        guard inFlight.count < (isStrict ? 1 : limits.batchesInFlight) else { return nil }
        var taken = inFlight.values.reduce(into: Set<String>()) { $0.formUnion($1.ids) }
        for (index, batch) in sealed.enumerated() {
            let isDue = batch.earliest.map { $0 <= now } ?? true
            if isDue, taken.isDisjoint(with: batch.ids) {
                sealed.remove(at: index)
                inFlight[batch.number] = batch
                return batch
            }
            if isStrict { return nil }
            taken.formUnion(batch.ids)
        }
        return nil
    }

    /// When the earliest paused batch may be sent again; nil when none waits for its time.
    func nextDue(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        sealed.compactMap(\.earliest).filter { $0 > now }.min()
    }

    /// A batch was stored.
    mutating func stored(_ number: Int, _ outcomes: [StoreOutcome]) {
        guard inFlight.removeValue(forKey: number) != nil else { return }
        let created = Int64(outcomes.count { $0.created })
        summary.created += created
        summary.replaced += Int64(outcomes.count) - created
    }

    /// A batch was not stored, or nobody knows whether it was: it names its memories, so storing them again is safe.
    mutating func failed(_ number: Int, _ error: BrainError, now: ContinuousClock.Instant) {
        guard let batch = inFlight.removeValue(forKey: number) else { return }
        if error.isRetryable {
            retry(batch, error, now: now)
        } else if let rejection = error.rejection, let index = Self.recordAtFault(rejection, of: batch) {
            drop(index, of: batch, rejection)
        } else if let rejection = error.rejection, Self.concernsRecords(rejection) {
            split(batch, rejection)
        } else {
            abort(error)
        }
    }

    private mutating func retry(_ batch: Batch, _ error: BrainError, now: ContinuousClock.Instant) {
        guard batch.attempt < limits.attempts else { return abort(error) }
        var pause = limits.minimumPause
        for _ in 1..<batch.attempt where pause < limits.maximumPause { pause *= 2 }
        pause = min(pause, limits.maximumPause)
        if let wish = error.rejection?.retryAfterMilliseconds { pause = max(pause, .milliseconds(wish)) }
        var batch = batch
        batch.attempt += 1
        batch.earliest = now + pause
        requeue([batch])
    }

    /// Goes on without the record at `index`, or, when strict, with what comes before it and nothing else.
    private mutating func drop(_ index: Int, of batch: Batch, _ rejection: Rejection) {
        let bad = batch.records[index]
        let reason = BadLine(rejection.message, path: "records[\(index)]").message
        reject(line: bad.line, reason: reason)
        if isStrict {
            stop(at: bad.line)
            requeue([Batch(number: batch.number, records: Array(batch.records[..<index]))])
        } else {
            var records = batch.records
            records.remove(at: index)
            requeue([Batch(number: batch.number, records: records)])
        }
    }

    /// Halves a batch that was refused for a reason that names no record, until the record is found.
    private mutating func split(_ batch: Batch, _ rejection: Rejection) {
        guard batch.records.count > 1 else {
            guard let only = batch.records.first else { return }
            reject(line: only.line, reason: Failure.message(rejection))
            if isStrict { stop(at: only.line) }
            return
        }
        let middle = batch.records.count / 2
        lastNumber += 1
        requeue([
            Batch(number: batch.number, records: Array(batch.records[..<middle])),
            Batch(number: lastNumber, records: Array(batch.records[middle...])),
        ])
    }

    private mutating func stop(at line: Int) {
        stoppedAt = line
        hasEnded = true
        sealed = []
        (open, openIDs, openBytes) = ([], [], 0)
    }

    private mutating func abort(_ error: BrainError) {
        if abortedBy == nil { abortedBy = error }
        hasEnded = true
        sealed = []
        (open, openIDs, openBytes) = ([], [], 0)
    }

    /// Puts batches back in front, so that the order of lines is kept.
    private mutating func requeue(_ batches: [Batch]) {
        guard abortedBy == nil else { return }
        sealed.insert(contentsOf: batches.filter { !$0.records.isEmpty }, at: 0)
    }

    /// The index in a field such as `records[7].tags[0]`.
    private static func recordAtFault(_ rejection: Rejection, of batch: Batch) -> Int? {
        guard let field = rejection.field, field.hasPrefix("records["), let end = field.firstIndex(of: "]") else {
            return nil
        }
        guard let index = Int(field.dropFirst("records[".count).prefix(upTo: end)) else { return nil }
        return batch.records.indices.contains(index) ? index : nil
    }

    private static func concernsRecords(_ rejection: Rejection) -> Bool {
        switch rejection.kind {
        case .permissionDenied, .frameTooLarge, .invalidParams, .internalError: true
        default: false
        }
    }
}
