import Foundation

/// The name of a folder that one stream of WAL was received into: `SYSTEM-TIMELINE-STAMP`, as in
/// `7312711765139793868-00000001-20261126T030000Z`.
///
/// A stream goes on from the newest file of its folder, so what does not follow on from there, after a recovery or after a
/// gap, gets a folder of its own.
package struct WALFolder: Hashable, Sendable, Comparable {
    /// The cluster's system identifier.
    package var systemIdentifier: String
    /// The timeline that the stream began on.
    package var timeline: UInt32
    /// When it was begun, UTC, to the second: `20261126T030000Z`.
    package var stamp: String

    /// The folder of a stream that begins at `date`.
    package init(systemIdentifier: String, timeline: UInt32, date: Date) {
        self.systemIdentifier = systemIdentifier
        self.timeline = timeline
        stamp = Self.stamp(of: date)
    }

    /// Reads a name; nil when it is not of the form.
    package init?(name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 3, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            parts[1].utf8.count == 8, let timeline = UInt32(parts[1], radix: 16), parts[2].utf8.count == 16,
            parts[2].utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: "Z") })
        else { return nil }
        (systemIdentifier, self.timeline, stamp) = (parts[0], timeline, parts[2])
    }

    /// The folder's name.
    package var name: String { "\(systemIdentifier)-\(WALSegment.hexadecimal(timeline))-\(stamp)" }

    /// The older one of a cluster and timeline first.
    package static func < (left: WALFolder, right: WALFolder) -> Bool { left.name < right.name }

    /// A time as in a folder's name.
    package static func stamp(of date: Date) -> String {
        let parts = Calendar.utc.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let texts = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { part in
            let digits = String(part ?? 0)
            return digits.count < 2 ? "0" + digits : digits
        }
        return texts[0..<3].joined() + "T" + texts[3..<6].joined() + "Z"
    }
}

extension Calendar {
    /// The Gregorian calendar in UTC.
    static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
