public import MemoryModel

/// What the daemon's state in one line is made of.
public struct ServiceFigures: Hashable, Sendable {
    /// How much is remembered, as of the last refresh of the statistics; nil when that is not known.
    public var statistics: MemoryStatistics?

    /// How often this daemon's reads were answered by the cache since its start; nil without a cache.
    public var reads: CacheCounters?

    /// What is amiss, each in a few words.
    public var problems: [String]

    /// Makes figures of their parts.
    public init(statistics: MemoryStatistics? = nil, reads: CacheCounters? = nil, problems: [String] = []) {
        self.statistics = statistics
        self.reads = reads
        self.problems = problems
    }
}

extension ServiceFigures {
    /// The state in one line, for people: `Serving 12,345 memories of 17 agents; 240 requests/s, 83 % from the cache`.
    ///
    /// - Parameters:
    ///   - before: the figures of the line before, which the rate of hits is counted from.
    ///   - requests: how many were answered since then.
    ///   - span: how long ago that was.
    ///   - notice: what an operator should know besides.
    public func line(since before: ServiceFigures?, requests: Int, in span: Duration, notice: String? = nil) -> String {
        var parts = [subject]
        if requests > 0 {
            parts.append(
                [Self.rate(requests, in: span), share(since: before)].compactMap { $0 }.joined(separator: ", "))
        }
        if !problems.isEmpty { parts.append("degraded: " + problems.joined(separator: ", ")) }
        if let notice { parts.append(notice) }
        return parts.joined(separator: "; ")
    }

    private var subject: String {
        guard let statistics else { return "Serving" }
        let (memories, agents) = (statistics.totalMemories, statistics.memoriesByAgent.count)
        return "Serving \(Self.grouped(memories)) \(memories == 1 ? "memory" : "memories")"
            + " of \(Self.grouped(Int64(agents))) \(agents == 1 ? "agent" : "agents")"
    }

    private static func rate(_ requests: Int, in span: Duration) -> String {
        let perSecond = Double(requests) / max(span / .seconds(1), 0.001)
        guard perSecond < 10 else { return "\(grouped(Int64(perSecond.rounded()))) requests/s" }
        let tenths = Int((perSecond * 10).rounded())
        return tenths == 0 ? "under 0.1 requests/s" : "\(tenths / 10).\(tenths % 10) requests/s"
    }

    /// How many of the reads since then the cache answered; nil when there were none.
    private func share(since before: ServiceFigures?) -> String? {
        guard let reads else { return nil }
        let hits = reads.hits - (before?.reads?.hits ?? 0)
        let misses = reads.misses - (before?.reads?.misses ?? 0)
        guard hits >= 0, misses >= 0, hits + misses > 0 else { return nil }
        return "\(Int((CacheCounters(hits: hits, misses: misses).hitRate * 100).rounded())) % from the cache"
    }

    /// 12345 as `12,345`.
    private static func grouped(_ number: Int64) -> String {
        var groups: [Substring] = []
        var digits = Substring(String(number))
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
