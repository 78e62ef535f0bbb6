/// A histogram's cumulative buckets, and what they say of quantiles.
struct Quantiles: Equatable, Sendable {
    /// Upper bounds, ascending, with how many observations were at most so large.
    private let buckets: [Bucket]

    private struct Bucket: Equatable, Sendable {
        let bound: Double
        let count: Double
    }

    /// Takes the counts by upper bound.
    init(cumulative counts: [Double: Double]) {
        buckets = counts.sorted { $0.key < $1.key }.map { Bucket(bound: $0.key, count: $0.value) }
    }

    /// How many observations there were.
    var count: Double { buckets.last?.count ?? 0 }

    /// What was observed since `earlier`, which is of the same series.
    func since(_ earlier: Quantiles?) -> Quantiles {
        guard let earlier, !earlier.buckets.isEmpty else { return self }
        let before = Dictionary(earlier.buckets.map { ($0.bound, $0.count) }) { first, _ in first }
        return Quantiles(
            cumulative: Dictionary(buckets.map { ($0.bound, max(0, $0.count - (before[$0.bound] ?? 0))) }) { $1 })
    }

    /// What a share `q` of 0 to 1 of the observations do not exceed, taken as spread evenly over each bucket, as Prometheus'
    /// `histogram_quantile` does; for one beyond the last bound, that bound. Nil without observations.
    func quantile(_ q: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = q * count
        var (lower, before) = (0.0, 0.0)
        for bucket in buckets {
            if bucket.count >= rank, bucket.count > before {
                guard bucket.bound.isFinite else { return lower }
                return lower + (bucket.bound - lower) * (rank - before) / (bucket.count - before)
            }
            if bucket.bound.isFinite { lower = bucket.bound }
            before = bucket.count
        }
        return lower
    }
}
