/// All series of one name: what is measured, how it is to be read, and the values at one moment.
public struct MetricFamily: Hashable, Sendable {
    /// How the values are to be read.
    public enum Kind: String, Hashable, Sendable {
        /// Only grows, but for a restart.
        case counter
        /// Goes up and down.
        case gauge
        /// How many observations were at most so large, for several sizes.
        case histogram
    }

    /// One series' value.
    public enum Value: Hashable, Sendable {
        /// Of a counter or a gauge.
        case number(Double)
        /// Of a histogram.
        case histogram(Histogram)
    }

    /// Observations by size.
    public struct Histogram: Hashable, Sendable {
        /// The upper bounds of the buckets, ascending; a last one without a bound follows.
        public var bounds: [Double]

        /// How many observations fell into each bucket alone: one more than there are bounds.
        public var counts: [UInt64]

        /// The sum of all observations.
        public var sum: Double

        /// Makes a histogram of its parts.
        public init(bounds: [Double], counts: [UInt64], sum: Double) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }
    }

    /// One name and value that tell series apart.
    public struct Label: Hashable, Sendable {
        /// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with two underscores, and not `le`.
        public var name: String

        /// Any text.
        public var value: String

        /// Makes a label.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// One series.
    public struct Series: Hashable, Sendable {
        /// What tells it from the others of its family; each name once.
        public var labels: [Label]

        /// Its value.
        public var value: Value

        /// Makes a series.
        public init(_ labels: [Label] = [], _ value: Value) {
            self.labels = labels
            self.value = value
        }
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, ending in the base unit, counters in `_total`.
    public var name: String

    /// How the values are to be read.
    public var kind: Kind

    /// What is measured, for a person; empty for none.
    public var help: String

    /// The series, in the order in which they are shown; no two with the same labels.
    public var series: [Series]

    /// Makes a family of its parts.
    public init(_ name: String, _ kind: Kind, help: String = "", series: [Series]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.series = series
    }
}
