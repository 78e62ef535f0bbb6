import DaemonFixture
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import SystemdDriver

/// With a socket that stands for the manager's. One after the other: the environment says where it is.
@Suite(.serialized) struct ServiceLifeTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` with a life whose manager wants signs of life within `limit`.
    private func withLife(
        limit: Duration? = nil, _ body: (ServiceLife, NotifySocket) async throws -> Void
    ) async throws {
        let manager = try NotifySocket(path: "/tmp/brain-notify-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        setenv("NOTIFY_SOCKET", manager.path, 1)
        if let limit { setenv("WATCHDOG_USEC", "\(Int64(limit / .microseconds(1)))", 1) }
        let life = try ServiceLife(logger: Self.quiet)
        defer {
            life.ends()
            unsetenv("NOTIFY_SOCKET")
            unsetenv("WATCHDOG_USEC")
        }
        try await body(life, manager)
    }

    @Test func tellsItsManagerInOrder() async throws {
        try await withLife { life, manager in
            life.says("Waiting for PostgreSQL")
            life.says("Waiting for PostgreSQL")
            life.serves("Serving")
            life.reloads()
            life.reloaded("Serving again")
            life.stops("Stopping")
            let messages = manager.messages()
            #expect(
                messages.map(\.first) == [
                    "STATUS=Waiting for PostgreSQL", "STATUS=Serving", "RELOADING=1", "STATUS=Serving again",
                    "STOPPING=1",
                ])
            #expect(messages[1].last == "READY=1")
            #expect(messages[2].contains { $0.hasPrefix("MONOTONIC_USEC=") })
            #expect(messages[4].contains("EXTEND_TIMEOUT_USEC=30000000"))
        }
    }

    @Test func givesSignsOfLifeOnlyWhileEveryPartTurns() async throws {
        try await withLife(limit: .milliseconds(300)) { life, manager in
            let hangs = Mutex(false)
            let held = Mutex<[@Sendable () -> Void]>([])
            life.watch([
                .init(name: "loop") { done in
                    if hangs.withLock({ $0 }) { held.withLock { $0.append(done) } } else { done() }
                }
            ])
            life.serves("Serving")
            #expect(try await eventually(within: .seconds(10)) { manager.messages().contains(["WATCHDOG=1"]) })
            hangs.withLock { $0 = true }
            #expect(try await eventually(within: .seconds(10)) { !held.withLock { $0.isEmpty } })
            _ = manager.messages()
            // Until the warning, which comes after far more than the interval of signs.
            #expect(
                try await eventually(within: .seconds(10)) {
                    let messages = manager.messages()
                    #expect(!messages.contains(["WATCHDOG=1"]))
                    return messages.contains(["STATUS=HANGS: loop"])
                })
            hangs.withLock { $0 = false }
            for done in held.withLock({ $0 }) { done() }
            #expect(try await eventually(within: .seconds(10)) { manager.messages().contains(["WATCHDOG=1"]) })
        }
    }

    @Test func withoutAManagerNothingIsSent() throws {
        let notifier = ServiceNotifier()
        #expect(!notifier.hasManager && notifier.watchdogLimit == nil)
        #expect(notifier.send([.ready]) == nil)
    }
}
