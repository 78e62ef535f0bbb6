import Synchronization

/// Names one request in the log: 16 hexadecimal digits, unique in this process, and most likely in the machine's log.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    private let number: UInt64

    private static let base = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    /// Names a new request.
    public init() {
        number = Self.base &+ Self.count.add(1, ordering: .relaxed).newValue
    }

    /// The digits.
    public var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
