import MemoryModel
import MonotonicClock

/// One user's share of the event loops' time: when a connection of it may next be read, and its frames be taken.
///
/// Time is paid for in advance, a slice each, and what was not used is given back. Who has paid for more than its share has
/// to wait until that time has passed: connections of one user wait in the order in which they came.
struct LoopShare {
    typealias Instant = MonotonicInstant

    /// Leave to use the loop for a slice of time.
    struct Slice {
        /// From when on.
        let begins: Instant
        fileprivate let rate: Rate
    }

    /// How long a connection may keep its loop at one time.
    static let slice = Duration.microseconds(250)
    /// The part of all loops' time that one user may have while others are active, and while none is: the rest is for
    /// looking whether anyone else has come.
    static let shared = 0.06, alone = 0.95
    /// How much time a user may save up.
    private static let saved = Duration.milliseconds(2)

    /// What a user pays for the loops' time.
    fileprivate struct Rate {
        private let factor: Double
        /// The price of a whole slice.
        let ofSlice: Duration

        init(loops: Double) {
            factor = 1 / loops
            ofSlice = LoopShare.slice * factor
        }

        /// The price of so much time. (It is asked for with every read, and floating point of 128 bits is slow.)
        func price(of time: Duration) -> Duration { .nanoseconds(Int64(Double(time.nanoseconds) * factor)) }
    }

    private let sharedRate, aloneRate: Rate
    private var paidUntil: Instant?

    init(loops: Int) {
        sharedRate = Rate(loops: Self.shared * Double(loops))
        aloneRate = Rate(loops: Self.alone * Double(loops))
    }

    /// Reserves the next slice.
    mutating func reserve(at now: Instant, isShared: Bool) -> Slice {
        let rate = isShared ? sharedRate : aloneRate
        let begins = max(paidUntil ?? now, now - Self.saved)
        paidUntil = begins + rate.ofSlice
        return Slice(begins: max(begins, now), rate: rate)
    }

    /// Whether no more was used than what there is by now.
    func isSettled(at now: Instant) -> Bool { paidUntil.map { $0 <= now } ?? true }

    /// Settles a slice of which `used` was used.
    mutating func settle(_ slice: Slice, used: Duration) {
        guard let paid = paidUntil else { return }
        paidUntil = paid - slice.rate.ofSlice + slice.rate.price(of: used)
    }
}
