extension Duration {
    /// Whole nanoseconds; must be less than 292 years.
    public var nanoseconds: Int64 {
        // Up to nine seconds it needs no division of 128 bits.
        if let short = Int64(exactly: attoseconds) { return short / 1_000_000_000 }
        return components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
