import LogEvents
import Logging

/// Decides which entries are written and which are only counted: an outage is a few lines, not a flood.
///
/// Each kind of entry has a bucket of tokens. When it is empty a flood begins: every further entry is counted, and after
/// an interval that doubles from sum to sum one entry tells how many there were. A flood ends with an interval in which
/// nothing came. An entry more important than all of its flood before is written all the same.
///
/// Times are durations since any origin, of a clock that does not go back.
struct LogRateLimiter {
    /// What entries are counted by.
    struct Key: Hashable {
        /// Nil: entries of libraries.
        var event: LogEvents.LogEvent?
        /// The value of the limit's field.
        var part: String?
    }

    /// An entry that asks to be written.
    struct Candidate {
        var key: Key
        var limit: LogLimit
        var level: Logger.Level
        /// The kind of error that it tells of, if it does.
        var errorKind: String?
    }

    /// What was left out.
    struct Sum: Equatable {
        var event: LogEvents.LogEvent?
        var part: String?
        /// That of the most important one.
        var level: Logger.Level
        var count: Int
        /// Since the last sum, or the first entry that was left out.
        var period: Duration
        /// How many there were of each kind of error; empty when they were none.
        var errorKinds: [String: Int]
    }

    /// So many kinds of entries are counted apart, those beyond together by event alone; and so many kinds of errors.
    static let maximumKeys = 512, maximumErrorKinds = 8

    /// The longest time between two sums of one flood.
    static let longestInterval = Duration.seconds(600)

    fileprivate struct Bucket {
        var limit: LogLimit
        var tokens: Int
        var filledAt: Duration
        var flood: Flood?
    }

    fileprivate struct Flood {
        var highest: Logger.Level
        var level: Logger.Level
        var count: Int
        var since: Duration
        var interval: Duration
        var dueAt: Duration
        var errorKinds: [String: Int] = [:]
    }

    private var buckets: [Key: Bucket] = [:]

    /// When the next sum may be due; nil while nothing is left out.
    private(set) var nextDue: Duration?

    /// Whether the entry shall be written now.
    mutating func admit(_ candidate: Candidate, at now: Duration) -> Bool {
        let key = key(candidate.key, at: now)
        var bucket =
            buckets[key] ?? Bucket(limit: candidate.limit, tokens: candidate.limit.burst, filledAt: now, flood: nil)
        defer { buckets[key] = bucket }
        if bucket.flood != nil {
            return bucket.flood?.take(candidate, at: now) ?? true
        }
        bucket.refill(at: now)
        if bucket.tokens > 0 {
            bucket.tokens -= 1
            return true
        }
        var flood = Flood(
            highest: candidate.level, level: candidate.level, count: 0, since: now, interval: bucket.limit.interval,
            dueAt: now + bucket.limit.interval)
        _ = flood.take(candidate, at: now)
        bucket.flood = flood
        nextDue = min(nextDue ?? flood.dueAt, flood.dueAt)
        return false
    }

    /// The sums of all floods, as soon as one of them is due: an outage has several, and one entry tells of all.
    mutating func takeDue(at now: Duration) -> [Sum] {
        guard let nextDue, nextDue <= now else { return [] }
        return takeAll(at: now)
    }

    /// The sums of all that was left out and not told yet.
    mutating func takeAll(at now: Duration) -> [Sum] {
        var sums: [Sum] = []
        for (key, bucket) in buckets {
            guard var flood = bucket.flood else { continue }
            guard flood.count > 0 else {
                if flood.dueAt <= now { buckets[key] = nil }
                continue
            }
            sums.append(
                Sum(
                    event: key.event, part: key.part, level: flood.level, count: flood.count, period: now - flood.since,
                    errorKinds: flood.errorKinds))
            flood.beginInterval(at: now)
            buckets[key]?.flood = flood
        }
        nextDue = buckets.values.compactMap(\.flood?.dueAt).min()
        return sums.sorted { ($0.event?.rawValue ?? "", $0.part ?? "") < ($1.event?.rawValue ?? "", $1.part ?? "") }
    }

    /// The key to count by: without its part when there are too many.
    private mutating func key(_ key: Key, at now: Duration) -> Key {
        if buckets[key] != nil || buckets.count < Self.maximumKeys { return key }
        buckets = buckets.filter { !$0.value.isIdle(at: now) }
        return buckets.count < Self.maximumKeys ? key : Key(event: key.event, part: nil)
    }
}

extension LogRateLimiter.Bucket {
    mutating func refill(at now: Duration) {
        let intervals = Int((now - filledAt) / limit.interval)
        guard intervals > 0 else { return }
        tokens = intervals >= limit.burst ? limit.burst : min(limit.burst, tokens + intervals)
        filledAt += limit.interval * intervals
    }

    /// Whether it says no more than a new one.
    func isIdle(at now: Duration) -> Bool {
        flood == nil && tokens + Int((now - filledAt) / limit.interval) >= limit.burst
    }
}

extension LogRateLimiter.Flood {
    /// Counts an entry, or lets it through since it is more important than those before it.
    mutating func take(_ candidate: LogRateLimiter.Candidate, at now: Duration) -> Bool {
        if candidate.level > highest {
            highest = candidate.level
            return true
        }
        level = count == 0 ? candidate.level : max(level, candidate.level)
        count += 1
        if let kind = candidate.errorKind {
            let isKnown = errorKinds[kind] != nil || errorKinds.count < LogRateLimiter.maximumErrorKinds
            errorKinds[isKnown ? kind : "other", default: 0] += 1
        }
        return false
    }

    mutating func beginInterval(at now: Duration) {
        count = 0
        errorKinds = [:]
        since = now
        interval = min(interval * 2, LogRateLimiter.longestInterval)
        dueAt = now + interval
    }
}
