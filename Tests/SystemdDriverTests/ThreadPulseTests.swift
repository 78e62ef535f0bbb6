import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ThreadedIO

/// How the watchdog tells a thread that waits from one that hangs.
@Suite struct ThreadPulseTests {
    private static let allowance: Int64 = 50_000_000

    private func isLate(_ name: String) async throws -> Bool {
        try await eventually(within: .seconds(10)) { ThreadPulse.lateThread(allowance: Self.allowance) == name }
    }

    @Test func aThreadInAWaitWithABoundIsInOrderAndOneThatDoesNotComeBackIsLate() async throws {
        let wakeup = try WakeupDescriptor()
        let hangs = Atomic(true)
        let pulse = Mutex<ThreadPulse?>(nil)
        try OwnThread.start(named: "pulse-test", isWatched: true) {
            pulse.withLock { $0 = .current }
            _ = Readiness.wait(socket: -1, [], wakeup: wakeup.descriptor, until: nil)
            wakeup.drain()
            while hangs.load(ordering: .relaxed) { usleep(1_000) }
            ThreadPulse.unbounded {
                _ = Readiness.wait(socket: -1, [], wakeup: wakeup.descriptor, until: nil)
            }
        }
        #expect(try await eventually(within: .seconds(10)) { pulse.withLock { $0 } != nil })
        let own = try #require(pulse.withLock { $0 })
        #expect(try await eventually(within: .seconds(10)) { own.lateness(at: MonotonicTime.nanoseconds) < 0 })
        wakeup.signal()
        #expect(try await isLate("pulse-test"))
        hangs.store(false, ordering: .relaxed)
        #expect(try await eventually(within: .seconds(10)) { own.lateness(at: MonotonicTime.nanoseconds) <= 0 })
        wakeup.signal()
    }
}
