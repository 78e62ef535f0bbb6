import Foundation
import LogEvents
import Logging

extension LogEntry {
    /// Tells of what was left out; nil when nothing was.
    init?(_ sums: [LogRateLimiter.Sum], time: Date) {
        guard let level = sums.map(\.level).max() else { return nil }
        let kinds = sums.reduce(into: [:]) { $0.merge($1.errorKinds, uniquingKeysWith: +) }
        var fields: [Field] = [
            .init("count", "\(sums.reduce(0) { $0 + $1.count })"),
            .init("left_out_events", Set(sums.map { $0.event?.rawValue ?? "other" }).sorted().joined(separator: " ")),
        ]
        if !kinds.isEmpty { fields.append(.init("error_kinds", Self.text(kinds))) }
        self.init(
            .entriesLeftOut, level, "left out: " + sums.map(Self.text).joined(separator: "; "), fields: fields,
            time: time)
    }

    /// `request-failed: 1234 more in the last 60 s (store_unavailable 1200, busy 34)`
    private static func text(_ sum: LogRateLimiter.Sum) -> String {
        let name = (sum.event?.rawValue ?? "other") + (sum.part.map { " \($0)" } ?? "")
        let seconds = max(1, Int((sum.period / .seconds(1)).rounded()))
        let kinds = sum.errorKinds.isEmpty ? "" : " (\(text(sum.errorKinds)))"
        return "\(name): \(sum.count) more like this in the last \(seconds) s\(kinds)"
    }

    /// The most frequent first.
    private static func text(_ kinds: [String: Int]) -> String {
        kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
    }
}
