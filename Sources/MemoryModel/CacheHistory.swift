/// How often reads were answered by the cache, over time.
public struct CacheHistory: Hashable, Sendable {
    /// The reads of one stretch of time.
    public struct Bucket: Hashable, Sendable {
        /// When it begins.
        public var start: Timestamp

        /// Its reads, over all daemons.
        public var counters: CacheCounters

        /// Makes a bucket of its parts.
        public init(start: Timestamp, counters: CacheCounters) {
            self.start = start
            self.counters = counters
        }
    }

    /// How long each bucket is; whole minutes, and beginning at multiples of it since 1970.
    public var bucketSeconds: Int64

    /// The buckets with reads, oldest first.
    public var buckets: [Bucket]

    /// Makes a history of its parts.
    public init(bucketSeconds: Int64, buckets: [Bucket]) {
        self.bucketSeconds = bucketSeconds
        self.buckets = buckets
    }
}
