import DequeModule
import MonotonicClock

/// The earliest deadline of a first-in first-out queue, in constant time: the monotonic queue of "sliding window minimum".
///
/// Only deadlines earlier than all that came after them are kept, for a later one cannot be the minimum any more once an
/// earlier one stands behind it.
struct DeadlineWindow {
    private var candidates: Deque<(number: UInt64, deadline: MonotonicInstant)> = []
    private var pushed: UInt64 = 0
    private var popped: UInt64 = 0

    /// nil when the queue is empty.
    var earliest: MonotonicInstant? { candidates.first?.deadline }

    /// One more at the queue's end.
    mutating func push(_ deadline: MonotonicInstant) {
        while let last = candidates.last, last.deadline >= deadline { candidates.removeLast() }
        candidates.append((pushed, deadline))
        pushed += 1
    }

    /// One fewer at the queue's front.
    mutating func pop() {
        if candidates.first?.number == popped { candidates.removeFirst() }
        popped += 1
    }
}
