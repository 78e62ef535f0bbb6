import Glibc
import MemoryModel
import MemoryService
import MonotonicClock
import StrictJSON
import TestSupport
import Testing
import WireProtocol

@testable import SocketServer

/// What becomes of what clients send while the server stops.
@Suite struct DrainTests {
    @Test("whatever was sent whole before the end is answered; what is sent later is refused by the kernel")
    func nothingIsLostSilently() async throws {
        let gate = Gate()
        try await withServer(before: holding("held", with: gate)) { fixture in
            let busy = try fixture.client()
            let idle = try fixture.client()
            try await idle.request(1, .ping)
            #expect(try await idle.answers(1).count == 1)
            try await busy.request(1, .store, ServerFixture.record("held"))
            #expect(try await eventually { fixture.repository.calls.count == 1 })
            let stop = Task { await fixture.server.stop() }
            // Nothing runs for this one: it can send no more, and finds the end.
            #expect(try await idle.ends())
            #expect(idle.sendSome(TestClient.frame(2, .ping)) == nil)
            // This one is told of each request, in the order sent, for as long as something runs for it.
            try await busy.request(2, .ping)
            #expect(try await busy.answer()?.errorKind == "shutting_down")
            gate.open()
            #expect(try await busy.answer()?["result"] != nil)
            #expect(try await busy.ends())
            #expect(busy.sendSome(TestClient.frame(3, .ping)) == nil)
            await stop.value
        }
    }

    @Test("clients that send without pause get an answer to each request that was taken")
    func everyRequestTakenIsAnswered() async throws {
        try await withServer { fixture in
            let clients = try (0..<20).map { _ in try fixture.client() }
            for client in clients {
                try await client.request(0, .ping)
                _ = try await client.answers(1)
            }
            let counts = await withTaskGroup(of: (taken: Int, answered: Int).self) { group in
                for client in clients {
                    group.addTask {
                        var taken = 0
                        var answered = 0
                        while taken < 100_000, let count = client.sendSome(TestClient.frame(taken + 1, .ping)) {
                            // A frame is far smaller than what a socket takes at once: all of it or nothing.
                            if count > 0 { taken += 1 }
                            answered += client.discardAnswers()
                            // The server's own tasks need these threads, too.
                            await Task.yield()
                        }
                        let end = MonotonicInstant.now + .seconds(10)
                        while !client.hasEnded, .now < end { try? await Task.sleep(for: .milliseconds(1)) }
                        return (taken, answered + client.discardAnswers())
                    }
                }
                try? await Task.sleep(for: .milliseconds(20))
                await fixture.server.stop()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts.contains { $0.taken > 0 })
            for count in counts { #expect(count.taken == count.answered) }
        }
    }

    @Test("a socket that was passed is served as it is, stays when the server stops, and keeps who comes meanwhile")
    func adoptedSocket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/passed.sock"
        let first = try SocketFile(path: path, mode: 0o600, group: nil)
        try first.startListening()
        // As a service manager passes it: the server closes its own descriptor.
        let passed = dup(first.descriptor)
        try await withServer({
            $0.path = path
            $0.adoptedSocket = passed
        }) { fixture in
            let client = try TestClient(path: path)
            try await client.request(1, .ping)
            #expect(try await client.answers(1).count == 1)
        }
        // Nobody serves now, and nobody is refused.
        let waiting = try TestClient(path: path)
        try await waiting.request(2, .ping)
        let again = dup(first.descriptor)
        try await withServer({
            $0.path = path
            $0.adoptedSocket = again
        }) { _ in
            let answers = try await waiting.answers(1)
            #expect(answers[2] != nil)
        }
        RawSocket.close(first.descriptor)
        first.remove()
    }

    @Test("a policy that is replaced holds for connections that are open")
    func replacedPolicy() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            try await client.request(1, .store, ServerFixture.record("one"))
            #expect(try await client.answer()?["result"] != nil)
            let rule = AccessRule(subject: .uid(getuid()), read: [.any], write: [])
            fixture.server.replacePolicy(
                with: .init(rules: [rule], administratorGroup: nil, daemonUser: getuid()))
            try await client.request(2, .store, ServerFixture.record("two"))
            #expect(try await client.answer()?.errorKind == "permission_denied")
            fixture.server.replacePolicy(with: .init(rules: [], administratorGroup: nil, daemonUser: getuid()))
            try await client.request(3, .store, ServerFixture.record("three"))
            #expect(try await client.answer()?["result"] != nil)
        }
    }

    @Test("bounds that are replaced hold for connections that come later")
    func replacedBounds() async throws {
        try await withServer { fixture in
            let open = try fixture.client()
            try await open.request(1, .ping)
            _ = try await open.answers(1)
            var configuration = SocketServerConfiguration(path: fixture.path)
            configuration.maximumConnections = 1
            fixture.server.reconfigure(configuration)
            let late = try fixture.client()
            #expect(try await late.answer()?.errorKind == "busy")
            try await open.request(2, .ping)
            #expect(try await open.answer()?["result"] != nil)
        }
    }
}
