/// A step of making a backup, in their order.
public enum BackupStep: String, Sendable, CaseIterable {
    /// Programs and folders of killed runs are cleared.
    case clearLeftovers
    /// The disk has room.
    case checkSpace
    /// The incomplete folder is made.
    case makeFolder
    /// PostgreSQL's program writes the copy.
    case copy
    /// The copy is read back, all of it.
    case decode
    /// What was read back is what the database held.
    case compare
    /// The manifest and the checksums are written.
    case describe
    /// All files and folders are on disk.
    case synchronize
    /// The folder gets its final name, and that is on disk.
    case publish
    /// Backups beyond those to keep are removed.
    case prune
}

/// Decides what is done for a backup, step by step. Pure: what happened comes in, what to do goes out.
///
/// A backup gets its final name only after every step before that has succeeded. Whatever fails before leaves nothing
/// behind; what fails after it is no failure of the backup.
struct BackupMachine: Sendable {
    /// What has happened.
    enum Event: Sendable, Equatable {
        /// Begin.
        case begin
        /// The step that was asked for is done.
        case succeeded(BackupStep)
        /// The step that was asked for has failed.
        case failed(BackupStep, BackupError)
        /// What the failed run had written is removed, or could not be.
        case discarded(BackupError?)
    }

    /// What to do.
    enum Action: Sendable, Equatable {
        /// Do this step, then tell how it went.
        case perform(BackupStep)
        /// Remove what was written, then tell how that went. `isPublished`: it may have its final name already.
        case discard(isPublished: Bool)
        /// The backup is made. The warning tells what could not be pruned.
        case finish(warning: BackupError?)
        /// There is no backup.
        case fail(BackupError)
    }

    private enum Phase: Sendable, Equatable {
        case idle
        case at(BackupStep)
        case discarding(BackupError)
        case ended
    }

    private var phase = Phase.idle

    /// Takes an event and returns what to do. What does not fit the state is ignored: it can't move a backup on.
    mutating func handle(_ event: Event) -> Action? {
        switch (event, phase) {
        case (.begin, .idle): return perform(BackupStep.allCases[0])
        case (.succeeded(let step), .at(let current)) where step == current:
            guard let next = Self.step(after: step) else {
                phase = .ended
                return .finish(warning: nil)
            }
            return perform(next)
        case (.failed(let step, let error), .at(let current)) where step == current:
            return fail(at: step, error)
        case (.discarded(let error), .discarding(let reason)):
            phase = .ended
            guard let error else { return .fail(reason) }
            return .fail(
                BackupError(
                    reason.kind, "\(reason.message) What it had written is left to the next run: \(error.message)"))
        default: return nil
        }
    }

    private mutating func perform(_ step: BackupStep) -> Action {
        phase = .at(step)
        return .perform(step)
    }

    private mutating func fail(at step: BackupStep, _ error: BackupError) -> Action {
        switch step {
        case .clearLeftovers, .checkSpace:
            phase = .ended
            return .fail(error)
        case .makeFolder, .copy, .decode, .compare, .describe, .synchronize, .publish:
            phase = .discarding(error)
            return .discard(isPublished: step == .publish)
        case .prune:
            phase = .ended
            return .finish(warning: error)
        }
    }

    private static func step(after step: BackupStep) -> BackupStep? {
        let steps = BackupStep.allCases
        guard let index = steps.firstIndex(of: step), index + 1 < steps.count else { return nil }
        return steps[index + 1]
    }
}
