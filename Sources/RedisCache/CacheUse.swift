import MemoryService
import MonotonicClock

/// Decides whether answers may be taken from the cache: events in, what to do out. `COHERENCE.md` says why each
/// condition is needed.
struct CacheUse: Sendable {
    /// Something that happened.
    enum Event: Sendable {
        /// A new epoch is in force, which was begun when `losses` was what it is given here. `cache` names the Redis and
        /// the prefix.
        case established(cache: UInt32, losses: UInt64)
        /// Something could not be sent, or was not answered as it should be: perhaps a write that Redis has to know of.
        case lost(reason: String)
        /// The daemons answered this, when asked at `asked`; this one announced `own`.
        case peers(CachePeersAnswer, own: CachePeer, asked: MonotonicInstant)
        /// They could not be asked.
        case peersUnknown(reason: String)
        /// A write may or may not be committed yet.
        case writeUnknown
        /// Time has passed.
        case tick
    }

    /// What to do about it.
    enum Action: Hashable, Sendable {
        /// Tell the other daemons, soon, what `announcement` is now.
        case announce
    }

    /// The bounds, all in one place.
    enum Limits {
        /// For how long after they were asked what the other daemons announced is relied on. With `pollInterval` it is
        /// the bound on how long a daemon that is cut off from Redis may go unnoticed.
        static let peersLease = Duration.milliseconds(800)
        /// For how long after it was asked, and there were none, a daemon counts as the only one. Shorter than what a new one
        /// waits before it begins, by more than what this one's commands may still be on the way to Redis.
        static let soleLease = Duration.milliseconds(500)
        /// For how long there must have been no other daemon before: one whose announcement was lost with its session, and
        /// goes on writing, announces itself again in that time.
        static let soleAfter = Duration.seconds(5)
        /// How often the other daemons are asked.
        static let pollInterval = Duration.milliseconds(250)
        /// How often a daemon that begins looks whether it has announced itself.
        static let joinInterval = Duration.milliseconds(5)
        /// How long the cache must have been left alone before its daemon rests: from then on it asks the others just
        /// often enough for its own announcement to live, and takes nothing from the cache before it has asked again.
        static let restAfter = Duration.seconds(2)
        /// How often a daemon that rests asks.
        static let restingPollInterval = Duration.seconds(40)
        /// How long a request waits for the others to be asked again.
        static let wakeBudget = Duration.milliseconds(50)
        /// How long they may take to be asked.
        static let pollDeadline = Duration.milliseconds(600)
        /// How long a write whose outcome is unknown, or that a daemon left behind when it died, may take to be either
        /// committed or not, once PostgreSQL answers.
        static let settling = Duration.milliseconds(300)
    }

    /// How often something was lost so far.
    private(set) var losses: UInt64 = 0

    private let member: UInt32
    private var cache: UInt32?
    private var lossReason = Self.beginning
    private var peers: Set<CachePeer> = []
    private var announced: UInt32?
    private var peersAsked: MonotonicInstant?
    private var peersFailure: String?
    private var others: Set<UInt32> = []
    /// When the last of them was found to have gone.
    private var othersGone: MonotonicInstant?
    private var settling: (until: MonotonicInstant?, reason: String)?

    init(member: UInt32) {
        self.member = member
        // What an earlier life of this daemon left under way may be committed yet.
        settling = (nil, Self.beginning)
    }

    /// What this daemon should announce now.
    var announcement: CachePeer {
        CachePeer(member: member, cache: settling == nil ? cache ?? CachePeer.none : CachePeer.none)
    }

    /// What to announce now. Until that has succeeded it is not known what is announced.
    mutating func beginAnnouncement() -> CachePeer {
        if announced != announcement.cache { announced = nil }
        return announcement
    }

    /// What it announced last, as far as is known.
    var lastAnnounced: UInt32? { announced }

    /// Whether the others can know what they should: it is announced, or needless since a new epoch has begun meanwhile.
    var isAnnounced: Bool { announced == announcement.cache || (cache != nil && settling == nil) }

    /// Whether there are other daemons, as far as is known.
    var hasOthers: Bool { !others.isEmpty }

    /// Whether there is a connection on which a new epoch was begun.
    var isEstablished: Bool { cache != nil }

    private static let beginning = "the daemon has just begun"
    private static let announcing = "the other daemons have not been told yet"

    /// Whether an obstacle is one that every beginning has, and passes by itself within the second.
    static func isOrdinary(_ obstacle: String) -> Bool { obstacle == beginning || obstacle == announcing }

    /// Why answers may not be taken from the cache; nil when they may.
    func obstacle(now: MonotonicInstant) -> String? {
        guard cache != nil, settling == nil else { return lastingObstacle }
        guard let peersAsked, peersAsked + Limits.peersLease > now else {
            return "PostgreSQL does not say which other daemons write" + (peersFailure.map { ": \($0)" } ?? "")
        }
        return lastingObstacle
    }

    /// Until when no other daemon can have begun to write, or to read from the cache; nil when one may have.
    func soleUntil(now: MonotonicInstant) -> MonotonicInstant? {
        guard others.isEmpty, lastingObstacle == nil, let peersAsked,
            othersGone.map({ $0 + Limits.soleAfter <= now }) ?? true
        else { return nil }
        return peersAsked + Limits.soleLease
    }

    /// What `obstacle` says, but for that the others must have been asked a moment ago.
    private var lastingObstacle: String? {
        guard let cache else { return lossReason }
        if let settling { return settling.reason }
        guard announced == cache else { return Self.announcing }
        if peers.contains(where: { $0.cache != cache }) {
            return "another daemon on this database writes without this cache"
        }
        return nil
    }

    /// Whether a daemon whose cache nobody has used since `lastUse` may rest. While something is amiss, or must settle, it
    /// does not: the others would have to wait for it, or it for them.
    func mayRest(lastUse: MonotonicInstant, now: MonotonicInstant) -> Bool {
        lastUse + Limits.restAfter <= now && lastingObstacle == nil
    }

    /// When the other daemons should be asked next.
    func nextPoll(isResting: Bool = false, now: MonotonicInstant) -> MonotonicInstant {
        let next = now + (isResting ? Limits.restingPollInterval : Limits.pollInterval)
        return settling?.until.map { min($0, next) } ?? next
    }

    mutating func handle(_ event: Event, now: MonotonicInstant) -> [Action] {
        switch event {
        case .established(let cache, let losses):
            // Something was lost while the epoch began: another one is needed.
            guard losses == self.losses else { return [] }
            self.cache = cache
            return [.announce]
        case .lost(let reason):
            let wasEstablished = cache != nil
            losses += 1
            cache = nil
            lossReason = reason
            return wasEstablished ? [.announce] : []
        case .peers(let answer, let own, let asked):
            return take(answer, own: own, asked: asked, now: now)
        case .peersUnknown(let reason):
            peersFailure = reason
            // A PostgreSQL that comes back may be another one, with less in it than is cached.
            if peersAsked != nil { settling = (nil, "PostgreSQL was away") }
            return []
        case .writeUnknown:
            settling = (nil, "a write's outcome is not known yet")
            return [.announce]
        case .tick:
            guard let until = settling?.until, until <= now, let reason = settling?.reason else { return [] }
            settling = nil
            // What has settled is a loss as any other: it needs an epoch that begins after it.
            return handle(.lost(reason: reason), now: now)
        }
    }

    private mutating func take(
        _ answer: CachePeersAnswer, own: CachePeer, asked: MonotonicInstant, now: MonotonicInstant
    ) -> [Action] {
        let isUnheard = answer.heard == nil && peersAsked != nil
        let isFirst = peersAsked == nil
        peers = answer.present
        peersAsked = asked
        peersFailure = nil
        announced = own.cache
        let present = Set(peers.map(\.member)).subtracting([member])
        // PostgreSQL answers: from here on what was under way is soon over. Another daemon may take itself for the only one
        // for a while yet when this one begins.
        if let settling, settling.until == nil {
            self.settling?.until = now + (isFirst && !present.isEmpty ? Limits.peersLease : Limits.settling)
        }
        // Those that came and went between two questions count as gone, too.
        others.formUnion((answer.heard ?? []).subtracting([member]))
        defer { others = present }
        if present.isEmpty, !others.isEmpty { othersGone = now }
        var actions: [Action] = announcement == own ? [] : [.announce]
        if !others.isSubset(of: present) {
            settling = (now + Limits.settling, "a daemon has gone, perhaps in the middle of a write")
            actions.append(.announce)
        } else if isUnheard {
            settling = (now + Limits.settling, "daemons may have come and gone while the session was lost")
            actions.append(.announce)
        }
        return actions
    }
}
