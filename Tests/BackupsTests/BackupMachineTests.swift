import Testing

@testable import Backups

@Suite struct BackupMachineTests {
    private let steps = BackupStep.allCases
    private let error = BackupError(.programFailed, "it failed.")

    /// A machine that is at this step.
    private func machine(at step: BackupStep) -> BackupMachine {
        var machine = BackupMachine()
        _ = machine.handle(.begin)
        for earlier in steps.prefix(while: { $0 != step }) { _ = machine.handle(.succeeded(earlier)) }
        return machine
    }

    @Test("every step is asked for in order, and the end comes after the last")
    func order() {
        var machine = BackupMachine()
        #expect(machine.handle(.begin) == .perform(.clearLeftovers))
        for (step, next) in zip(steps, steps.dropFirst()) {
            #expect(machine.handle(.succeeded(step)) == .perform(next))
        }
        #expect(machine.handle(.succeeded(.prune)) == .finish(warning: nil))
        #expect(machine.handle(.succeeded(.prune)) == nil)
    }

    @Test("a failure ends the run and clears what was written, but for pruning", arguments: BackupStep.allCases)
    func failure(_ step: BackupStep) {
        var machine = machine(at: step)
        let action = machine.handle(.failed(step, error))
        switch step {
        case .clearLeftovers, .checkSpace: #expect(action == .fail(error))
        case .publish: #expect(action == .discard(isPublished: true))
        case .prune: #expect(action == .finish(warning: error))
        default: #expect(action == .discard(isPublished: false))
        }
        if case .discard = action {
            #expect(machine.handle(.discarded(nil)) == .fail(error))
        }
        for next in steps { #expect(machine.handle(.succeeded(next)) == nil) }
    }

    @Test("what can't be cleared is told with the reason of the failure")
    func remains() {
        var machine = machine(at: .copy)
        _ = machine.handle(.failed(.copy, error))
        let end = machine.handle(.discarded(BackupError(.folderUnusable, "no rights")))
        guard case .fail(let told) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(told.kind == .programFailed && told.message.contains("it failed") && told.message.contains("no rights"))
    }

    @Test("no sequence of events leads to a final name unless every step before has succeeded in its turn")
    func publication() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var machine = BackupMachine()
            var done: [BackupStep] = []
            var asked = machine.handle(.begin)
            for _ in 0..<40 {
                let step = steps.randomElement(using: &generator) ?? .copy
                let isRight = Int.random(in: 0..<4, using: &generator) > 0
                var event = BackupMachine.Event.succeeded(step)
                if case .perform(let wanted) = asked, isRight { event = .succeeded(wanted) }
                if Int.random(in: 0..<20, using: &generator) == 0 { event = .failed(step, error) }
                let action = machine.handle(event)
                if case .succeeded(let step) = event, action != nil { done.append(step) }
                if let action { asked = action }
                if action == .perform(.publish) {
                    #expect(done == Array(steps.prefix { $0 != .publish }))
                }
            }
        }
    }
}
