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

    /// A part that can be made to hang.
    private final class Loop: Sendable {
        private let state = Mutex<(hangs: Bool, held: [@Sendable () -> Void])>((false, []))

        var part: ServiceLife.Part {
            .init(name: "loop") { done in
                let isHeld = self.state.withLock { state in
                    if state.hangs { state.held.append(done) }
                    return state.hangs
                }
                if !isHeld { done() }
            }
        }

        var holdsProbe: Bool { state.withLock { !$0.held.isEmpty } }

        func hang() { state.withLock { $0.hangs = true } }

        func turn() {
            let held = state.withLock { state in
                defer { state = (false, []) }
                return state.held
            }
            for done in held { done() }
        }
    }

    /// All that comes until that message, which is not among it.
    private static func messages(_ manager: NotifySocket, until last: [String]) async throws -> [[String]] {
        var all: [[String]] = []
        let isThere = try await eventually(within: .seconds(10)) {
            all += manager.messages()
            return all.contains(last)
        }
        try #require(isThere, "no \(last) among \(all)")
        return Array(all.prefix { $0 != last })
    }

    @Test func givesSignsOfLifeOnlyWhileEveryPartTurns() async throws {
        try await withLife(limit: .milliseconds(300)) { life, manager in
            let loop = Loop()
            life.watch([loop.part])
            life.serves("Serving")
            _ = try await Self.messages(manager, until: ["WATCHDOG=1"])
            loop.hang()
            let isHung = try await eventually(within: .seconds(10)) { loop.holdsProbe }
            #expect(isHung)
            _ = manager.messages()
            // The warning comes after far more than the interval of signs.
            let meanwhile = try await Self.messages(manager, until: ["STATUS=HANGS: loop"])
            #expect(!meanwhile.contains(["WATCHDOG=1"]))
            loop.turn()
            _ = try await Self.messages(manager, until: ["WATCHDOG=1"])
        }
    }

    @Test func withoutAManagerNothingIsSent() throws {
        let notifier = ServiceNotifier()
        #expect(!notifier.hasManager && notifier.watchdogLimit == nil)
        #expect(notifier.send([.ready]) == nil)
    }
}
