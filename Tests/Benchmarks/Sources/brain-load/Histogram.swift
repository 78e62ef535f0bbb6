/// How often which time was taken, to within 1.6 %: 64 buckets for each doubling, so that its size is fixed and adding to
/// it costs some nanoseconds.
struct Histogram {
    private var buckets = [UInt32](repeating: 0, count: 64 * 40)
    private(set) var count = 0

    mutating func add(nanoseconds: UInt64) {
        let value = max(64, nanoseconds)
        let exponent = 63 - value.leadingZeroBitCount
        let index = (exponent - 6) * 64 + Int((value >> UInt64(exponent - 6)) & 63)
        buckets[min(index, buckets.count - 1)] += 1
        count += 1
    }

    mutating func clear() {
        for index in buckets.indices { buckets[index] = 0 }
        count = 0
    }

    /// The microseconds that a share of all took at most: the middle of its bucket.
    func microseconds(at share: Double) -> Double {
        guard count > 0 else { return 0 }
        var left = max(1, Int((Double(count) * share).rounded(.up)))
        for (index, entries) in buckets.enumerated() {
            left -= Int(entries)
            if left <= 0 {
                let scale = Double(UInt64(1) << UInt64(index / 64))
                return (Double(64 + index % 64) + 0.5) * scale / 1000
            }
        }
        return 0
    }
}
