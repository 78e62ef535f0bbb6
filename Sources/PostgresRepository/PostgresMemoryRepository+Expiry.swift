public import MemoryModel
import MonotonicClock
import PostgresDriver

/// How the deletion of expired memories leaves room for others: after each batch it rests.
public struct ExpiryPacing: Sendable {
    /// How many memories one transaction deletes.
    public var batch = 250

    /// How long it rests, as a multiple of how long the batch took.
    public var rest = 3.0

    /// The longest that it rests after one batch.
    public var maximumRest = Duration.seconds(1)

    /// Waits.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// The pacing above.
    public init() {}
}

extension PostgresMemoryRepository {
    /// Deletes what has expired, in batches that are a transaction each, rests between them, and leaves rows that a writer
    /// holds. When the time is up, or its task is cancelled, what it removed till then is the answer.
    ///
    /// No cache needs to be told: what has expired has been in no answer since its instant, and each cached answer ends
    /// with the first memory in it that expires.
    public func deleteExpired(deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        var deleted: Int64 = 0
        while true {
            let begin = MonotonicInstant.now
            do throws(StoreError) {
                let size = expiryPacing.batch
                let batch = try await write(deadline: deadline) { session in
                    try session.execute(RepositoryStatements.deleteExpired, [.int8(Int64(size))]).affectedRows
                }
                deleted += Int64(batch)
                if batch < size { return deleted }
            } catch {
                // Out of time, with nothing of this batch done.
                guard error.kind == .deadlineExceeded, deleted > 0 else { throw error }
                return deleted
            }
            let rest = min(begin.duration(to: .now) * expiryPacing.rest, expiryPacing.maximumRest)
            guard .now + rest < deadline, (try? await expiryPacing.sleep(rest)) != nil else { return deleted }
        }
    }
}
