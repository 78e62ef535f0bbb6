/// When the parts of the daemon are asked for a proof that they turn, and whether all have given it: a plain state machine.
///
/// A round begins with a probe to each part. It is complete, and so the service alive, only when every part has carried its
/// probe out and no watched thread is late. A round that does not become complete stays open: nothing more is told to the
/// service manager, which ends the service when its limit has passed. The next round begins an interval after the beginning
/// of the last.
struct Watchdog: Sendable {
    /// What to do.
    enum Action: Hashable, Sendable {
        /// Ask each part for a proof, by this round's number.
        case probe(round: UInt64)
        /// All of them have given it.
        case prove
        /// These parts have not, for so long.
        case warn([String], Duration)
        /// The late ones turn again.
        case recover
    }

    /// How long a round may stay open before a warning, at the longest: far more than a busy machine needs. Where rounds
    /// follow more closely, half the time to the next: while serving, the manager's limit passes two intervals after the
    /// last proof, so that the warning comes half an interval before it.
    static let warnAfter: Int64 = 2_000_000_000

    /// How often an open round looks at late threads, which tell nobody that they are back.
    static let lookInterval: Int64 = 250_000_000

    /// How long after the end of its wait a thread may come back to the next one.
    static let threadAllowance: Int64 = 1_000_000_000

    /// Nanoseconds from a round to the next; nil: none begins.
    private var interval: Int64?
    private var round: UInt64 = 0
    private var isOpen = false
    private var hasWarned = false
    private var missing: Set<String> = []
    private var beganAt: Int64

    /// Its first round begins an interval after `now`. Times are nanoseconds of one clock.
    init(interval: Int64?, now: Int64) {
        self.interval = interval
        beganAt = now
    }

    /// A part has carried out its probe of a round. Returns whether it was the last one: then `advance` is to be called.
    mutating func answered(_ part: String, round: UInt64) -> Bool {
        round == self.round && missing.remove(part) != nil && missing.isEmpty
    }

    /// A part is gone: it owes nothing any more.
    mutating func removed(_ part: String) { missing.remove(part) }

    /// What is to be done at `now`, given the parts and the name of a thread that is late, if one is.
    mutating func advance(at now: Int64, parts: [String], lateThread: String?) -> [Action] {
        guard isOpen else {
            guard let interval, now >= beganAt + interval else { return [] }
            isOpen = true
            round += 1
            beganAt = now
            missing = Set(parts)
            return [.probe(round: round)]
        }
        if missing.isEmpty, lateThread == nil {
            isOpen = false
            defer { hasWarned = false }
            return hasWarned ? [.prove, .recover] : [.prove]
        }
        guard !hasWarned, now >= warnAt else { return [] }
        hasWarned = true
        return [.warn(missing.sorted() + [lateThread].compactMap { $0 }, .nanoseconds(now - beganAt))]
    }

    /// When to look again though no part answers; nil: only when something else happens. Late threads don't tell when they
    /// are back, so an open round is looked at again soon.
    func nextLook(at now: Int64) -> Int64? {
        guard isOpen else { return interval.map { beganAt + $0 } }
        return min(now + Self.lookInterval, hasWarned ? .max : max(warnAt, now))
    }

    /// When to warn of the open round.
    private var warnAt: Int64 { beganAt + min(Self.warnAfter, (interval ?? .max) / 2) }

    /// Rounds begin so often from `now` on; nil: no more.
    mutating func setInterval(_ interval: Int64?, now: Int64) {
        self.interval = interval
        if !isOpen { beganAt = now }
    }
}
