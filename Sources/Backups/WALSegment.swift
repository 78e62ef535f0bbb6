/// A segment of the write-ahead log: one file of it, on one timeline.
package struct WALSegment: Hashable, Sendable, Comparable {
    /// The timeline it was written on.
    package var timeline: UInt32

    /// Its number: its first byte's location, divided by the size of segments.
    package var number: UInt64

    /// The size that `initdb` gives segments unless told otherwise, in bytes.
    package static let usualBytes: UInt64 = 16 << 20

    /// The ending of the name of a segment that `pg_receivewal` has not received whole.
    package static let partialSuffix = ".partial"

    /// Makes the segment of this number on this timeline.
    package init(timeline: UInt32, number: UInt64) {
        self.timeline = timeline
        self.number = number
    }

    /// Reads a file's name: 24 hexadecimal digits, timeline and two parts of the number. Nil for anything else.
    package init?(fileName: some StringProtocol, segmentBytes: UInt64) {
        let digits = Array(fileName.utf8)
        guard digits.count == 24, digits.allSatisfy(Self.isDigit) else { return nil }
        let parts = stride(from: 0, to: 24, by: 8).map {
            UInt64(String(decoding: digits[$0..<$0 + 8], as: UTF8.self), radix: 16) ?? 0
        }
        let perLog = Self.perLog(segmentBytes)
        guard parts[0] > 0, parts[2] < perLog else { return nil }
        timeline = UInt32(parts[0])
        number = parts[1] * perLog + parts[2]
    }

    /// PostgreSQL writes names in capitals only.
    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    private static func perLog(_ segmentBytes: UInt64) -> UInt64 { (1 << 32) / segmentBytes }

    /// The file's name, such as `000000010000000000000003`.
    package func fileName(segmentBytes: UInt64) -> String {
        let perLog = Self.perLog(segmentBytes)
        return [UInt64(timeline), number / perLog, number % perLog].map { Self.hexadecimal($0) }.joined()
    }

    /// The location of its first byte.
    package func start(segmentBytes: UInt64) -> WALLocation { WALLocation(bytes: number * segmentBytes) }

    /// The location after its last byte.
    package func end(segmentBytes: UInt64) -> WALLocation { WALLocation(bytes: (number + 1) * segmentBytes) }

    /// Eight hexadecimal digits, as PostgreSQL writes a timeline in the names of files.
    package static func hexadecimal(_ value: some BinaryInteger) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }

    /// By number, then by timeline.
    package static func < (left: WALSegment, right: WALSegment) -> Bool {
        (left.number, left.timeline) < (right.number, right.timeline)
    }
}
