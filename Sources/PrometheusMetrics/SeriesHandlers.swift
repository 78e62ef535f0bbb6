import CoreMetrics
import Synchronization

/// What a registry reads from each of its series.
protocol SeriesValue: AnyObject, Sendable {
    /// The value now.
    var value: MetricFamily.Value { get }

    /// Whether nothing was ever counted.
    var isZero: Bool { get }
}

/// A number that only grows: one atomic addition each time.
final class CounterSeries: CounterHandler, SeriesValue {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.add(amount, ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }

    var value: MetricFamily.Value { .number(Double(count.load(ordering: .relaxed))) }

    var isZero: Bool { count.load(ordering: .relaxed) == 0 }
}

/// The last number that was recorded.
final class GaugeSeries: RecorderHandler, SeriesValue {
    private let bits = Atomic<UInt64>(0)

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    var value: MetricFamily.Value { .number(Double(bitPattern: bits.load(ordering: .relaxed))) }

    var isZero: Bool { Double(bitPattern: bits.load(ordering: .relaxed)) == 0 }
}

/// Observations by size: a search among some 16 bounds, and two atomic additions, without a lock.
///
/// A reader may see an observation in its bucket and not yet in the sum, never a count that does not fit the buckets.
final class HistogramSeries: TimerHandler, RecorderHandler, SeriesValue {
    private final class Cell: Sendable {
        let count = Atomic<UInt64>(0)
    }

    private let bounds: [Double]
    private let cells: [Cell]
    private let sumBits = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        self.bounds = bounds
        cells = (0...bounds.count).map { _ in Cell() }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        cells[bucket(of: value)].count.add(1, ordering: .relaxed)
        var old = sumBits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + value).bitPattern
            let (isDone, found) = sumBits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isDone { return }
            old = found
        }
    }

    /// The first bucket whose bound is not below `value`.
    private func bucket(of value: Double) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    var value: MetricFamily.Value {
        .histogram(
            MetricFamily.Histogram(
                bounds: bounds, counts: cells.map { $0.count.load(ordering: .relaxed) },
                sum: Double(bitPattern: sumBits.load(ordering: .relaxed))))
    }

    var isZero: Bool { cells.allSatisfy { $0.count.load(ordering: .relaxed) == 0 } }
}
