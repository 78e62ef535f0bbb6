import Foundation
import Glibc

/// The name of a backup and of its folder: kind, UTC time and a random part, as in `dump-20261126T030000Z-1a2b3c4d`.
struct BackupID: Hashable, Sendable {
    /// What it is a backup of.
    let kind: BackupKind
    /// When it was begun, to the second.
    let startedAt: Date
    /// The name.
    let text: String

    /// Makes a new name. `random` keeps two of one second apart.
    init(kind: BackupKind, startedAt: Date, random: UInt32) {
        var time = time_t(startedAt.timeIntervalSince1970.rounded(.down))
        self.kind = kind
        self.startedAt = Date(timeIntervalSince1970: Double(time))
        var parts = tm()
        gmtime_r(&time, &parts)
        let date =
            Self.padded(Int(parts.tm_year) + 1900, 4) + Self.padded(parts.tm_mon + 1, 2)
            + Self.padded(parts.tm_mday, 2)
        let clock = Self.padded(parts.tm_hour, 2) + Self.padded(parts.tm_min, 2) + Self.padded(parts.tm_sec, 2)
        let hexadecimal = String(random, radix: 16)
        text =
            "\(kind.rawValue)-\(date)T\(clock)Z-" + String(repeating: "0", count: 8 - hexadecimal.count) + hexadecimal
    }

    /// Reads a name; nil when it is none.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = BackupKind(rawValue: String(parts[0])), parts[2].utf8.count == 8,
            parts[1].utf8.count == 16, let random = UInt32(parts[2], radix: 16)
        else { return nil }
        let digits = parts[1].utf8.map { Int32($0) - 48 }
        let number = { (range: Range<Int>) in digits[range].reduce(0) { $0 * 10 + $1 } }
        var time = tm()
        time.tm_year = number(0..<4) - 1900
        time.tm_mon = number(4..<6) - 1
        time.tm_mday = number(6..<8)
        time.tm_hour = number(9..<11)
        time.tm_min = number(11..<13)
        time.tm_sec = number(13..<15)
        let made = BackupID(
            kind: kind, startedAt: Date(timeIntervalSince1970: Double(timegm(&time))), random: random)
        // Only what is written just as we write it: letters where digits belong, a 31 February or capitals differ.
        guard made.text == text else { return nil }
        self = made
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
