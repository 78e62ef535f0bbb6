public import WireProtocol

/// What the daemon measures of itself. The service owns this protocol.
public protocol MetricsSource: Sendable {
    /// All of it at this moment. Returns within a second, whatever PostgreSQL does, and never fails: what can't be had is
    /// left out.
    func report() async -> MetricsReport
}
