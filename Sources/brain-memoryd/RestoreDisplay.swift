import Backups
import Foundation
import MonotonicClock
import Synchronization

/// Shows how far a restore is: one line that is drawn anew where a person sees it, a line for each step otherwise.
final class RestoreDisplay: Sendable {
    private struct State: Sendable {
        var shownAt: MonotonicInstant?
        var label = ""
        var isDrawn = false
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let guarded = Mutex(State())

    private static let interval = Duration.milliseconds(100)
    private static let cells = 30

    /// Shows this step, not more often than the eye can follow.
    func show(_ progress: RestoreProgress) {
        guarded.withLock { state in
            let isNew = state.label != progress.label
            state.label = progress.label
            guard isTerminal else {
                if isNew { write(progress.label + "\n") }
                return
            }
            if !isNew, let last = state.shownAt, .now - last < Self.interval { return }
            state.shownAt = .now
            state.isDrawn = true
            write("\r" + line(progress) + "\u{1B}[K")
        }
    }

    /// Takes the line away, so that something else can be written.
    func clear() {
        guarded.withLock { state in
            if state.isDrawn { write("\r\u{1B}[K") }
            state.isDrawn = false
        }
    }

    /// Writes a line that stays.
    func tell(_ text: String) {
        clear()
        write(text + "\n")
    }

    private func line(_ progress: RestoreProgress) -> String {
        let label = progress.label
        guard let fraction = progress.fraction else { return label + " …" }
        let full = Int((Double(Self.cells) * min(max(fraction, 0), 1)).rounded())
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.cells - full)
        let detail =
            switch progress {
            case .copying(let bytes, let all): "\(RestoreText.bytes(bytes)) of \(RestoreText.bytes(all))"
            case .replaying(let place, _, let end): "\(place) of \(end)"
            default: ""
            }
        return "\(label) \(bar) \(Int(fraction * 100)) %  \(detail)"
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
