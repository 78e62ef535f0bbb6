public import MemoryModel

/// All memories that match a filter, newest first, fetched page by page as they are asked for.
///
///     for try await memory in client.memories(matching: QueryFilter(agentID: "caroline")) { print(memory.draft.id) }
///
/// A memory that matches throughout, and whose timestamp does not change, comes exactly once, whatever is written
/// meanwhile.
public struct MemorySequence: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = MemoryRecord

    /// How it may fail.
    public typealias Failure = BrainError

    let client: BrainClient
    let filter: QueryFilter
    let pageSize: Int
    let deadline: Duration?

    /// An iterator from the first memory.
    public func makeAsyncIterator() -> Iterator {
        Iterator(sequence: self)
    }

    /// Gives one memory after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let sequence: MemorySequence
        private var page: ArraySlice<MemoryRecord> = []
        private var cursor: String?
        private var isLastPage = false

        init(sequence: MemorySequence) {
            self.sequence = sequence
        }

        /// The next memory, or nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(BrainError) -> MemoryRecord? {
            while page.isEmpty, !isLastPage {
                let next = try await sequence.client.query(
                    sequence.filter, limit: sequence.pageSize, cursor: cursor, deadline: sequence.deadline)
                page = next.memories[...]
                cursor = next.nextCursor
                isLastPage = cursor == nil
            }
            return page.popFirst()
        }
    }
}

extension BrainClient {
    /// All memories that match, over as many pages of `pageSize` (1 to 1,000) as it takes. `deadline` is for each page.
    public func memories(
        matching filter: QueryFilter = QueryFilter(), pageSize: Int = 500, deadline: Duration? = nil
    ) -> MemorySequence {
        MemorySequence(client: self, filter: filter, pageSize: pageSize, deadline: deadline)
    }
}
