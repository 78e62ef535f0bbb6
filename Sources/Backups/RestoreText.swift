import Foundation
import MemoryModel

/// How a restore tells times, sizes and durations.
package enum RestoreText {
    /// RFC 3339 in UTC, to the second, rounded down: what can be typed after `--to-time`.
    package static func time(_ date: Date) -> String {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        guard let time = Timestamp(date: Date(timeIntervalSince1970: seconds)) else { return "an unknown time" }
        return "\(time)".replacing(".000000Z", with: "Z")
    }

    /// PostgreSQL's form of a time in UTC, `2026-11-26 03:08:34.982008+00`, as RFC 3339; nil when it is none.
    package static func time(postgres text: String) -> String? {
        let parts = text.split(separator: " ")
        guard parts.count >= 2, let zone = parts[1].lastIndex(of: "+"), parts[1][zone...] == "+00" else { return nil }
        return Timestamp(rfc3339: "\(parts[0])T\(parts[1][..<zone])Z").map { "\($0)" }
    }

    /// In binary units: "512 B", "1.5 GiB".
    package static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(count) B" : tenth(value) + " \(unit)" }
            value /= 1024
        }
        return tenth(value) + " TiB"
    }

    /// "0.4 s", "75 s", "12 min".
    package static func duration(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if seconds < 10 { return tenth(seconds) + " s" }
        return seconds < 300 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }

    /// With a space between thousands: "1 000 000".
    package static func count(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return text
    }

    private static func tenth(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
