/// A place in the write-ahead log, in bytes since its beginning: PostgreSQL's log sequence number (`pg_lsn`).
package struct WALLocation: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// Bytes since the beginning of the log.
    package var bytes: UInt64

    /// Makes a location of its count of bytes.
    package init(bytes: UInt64) {
        self.bytes = bytes
    }

    /// Reads PostgreSQL's form, two numbers of at most eight hexadecimal digits: `0/3000028`. Nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = Self.number(parts[0]), let low = Self.number(parts[1]) else { return nil }
        bytes = UInt64(high) << 32 | UInt64(low)
    }

    private static func number(_ digits: some StringProtocol) -> UInt32? {
        guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            return nil
        }
        return UInt32(digits, radix: 16)
    }

    /// PostgreSQL's form, such as `0/3000028`.
    package var description: String {
        String(bytes >> 32, radix: 16, uppercase: true) + "/" + String(bytes & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    /// The earlier place comes first.
    package static func < (left: WALLocation, right: WALLocation) -> Bool { left.bytes < right.bytes }

    /// The number of the segment that holds this place.
    package func segment(of segmentBytes: UInt64) -> UInt64 { bytes / segmentBytes }
}
