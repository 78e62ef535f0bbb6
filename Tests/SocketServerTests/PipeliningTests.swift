import Glibc
import MemoryModel
import MemoryService
import StrictJSON
import TestSupport
import Testing
import WireProtocol

@Suite("Requests of one connection")
struct PipeliningTests {
    @Test("many can be sent before the first answer is read")
    func pipelining() async throws {
        try await withServer { server in
            let client = try server.client()
            let stores = (1...300).flatMap { TestClient.frame($0, .store, ServerFixture.record("m\($0)")) }
            let reads = (1...300).flatMap { TestClient.frame(1_000 + $0, .get, #"{"id":"m\#($0)"}"#) }
            try await client.send(stores + reads)
            let answers = try await client.answers(600)
            for id in 1...300 {
                #expect(answers[id]?["result"]?["version"]?.int64 == 1)
                #expect(answers[1_000 + id]?["result"]?["memory"]?["id"]?.string == "m\(id)")
            }
        }
    }

    @Test("answers come as they are ready, not as they were asked for")
    func outOfOrder() async throws {
        let gate = Gate()
        try await withServer(before: holding("slow", with: gate)) { server in
            let client = try server.client()
            try await client.request(1, .get, #"{"id":"slow"}"#)
            try await client.request(2, .get, #"{"id":"fast"}"#)
            try await client.request(3, .ping)
            #expect(try await Set(client.answers(2).keys) == [2, 3])
            gate.open()
            #expect(try await client.answer()?["id"]?.int64 == 1)
        }
    }

    @Test("requests that name the same memory take effect in the order sent")
    func sameMemory() async throws {
        let gate = Gate()
        try await withServer(before: holding("m", with: gate)) { server in
            let client = try server.client()
            try await client.request(1, .store, ServerFixture.record("m"))
            try await client.request(2, .store, #"{"ifVersion":1,"record":{"id":"m","agentId":"a","context":{}}}"#)
            try await client.request(3, .get, #"{"id":"m"}"#)
            try await client.request(4, .getBatch, #"{"ids":["x","m"]}"#)
            try await client.request(5, .delete, #"{"id":"m","ifVersion":2}"#)
            try await client.request(
                6, .storeBatch,
                #"{"records":[{"id":"m","agentId":"a","context":{}},{"id":"y","agentId":"a","context":{}}]}"#)
            try await client.request(7, .get, #"{"id":"other"}"#)
            #expect(try await client.answer()?["id"]?.int64 == 7)
            // The first alone has reached the store; each lets on the next.
            for step in 1...6 {
                #expect(try await eventually { gate.waiting == 1 }, "step \(step)")
                #expect(server.repository.calls.filter { $0.ids.contains { $0.value == "m" } }.count == step)
                gate.letOnePass()
                #expect(try await client.answer()?["id"]?.int64 == Int64(step))
            }
            #expect(server.repository.records.map(\.version) == [1, 1])
            gate.open()
        }
    }

    @Test("a large frame is decoded aside, and keeps its place in the order")
    func largeFrames() async throws {
        try await withServer { server in
            let client = try server.client()
            var bytes: [UInt8] = []
            for round in 0..<10 {
                bytes += TestClient.frame(
                    2 * round, .store, ServerFixture.record("m", bytes: round % 2 == 0 ? 300_000 : 10))
                bytes += TestClient.frame(2 * round + 1, .get, #"{"id":"m"}"#)
            }
            try await client.send(bytes)
            let answers = try await client.answers(20)
            for round in 0..<10 {
                #expect(answers[2 * round]?["result"]?["version"]?.int64 == Int64(round + 1))
                #expect(answers[2 * round + 1]?["result"]?["memory"]?["version"]?.int64 == Int64(round + 1))
            }
        }
    }

    @Test("a half-closed connection gets its answers, then the end")
    func halfClosed() async throws {
        let gate = Gate()
        try await withServer(before: holding("slow", with: gate)) { server in
            let client = try server.client()
            try await client.request(1, .get, #"{"id":"slow"}"#)
            try await client.request(2, .ping)
            client.shutDownWriting()
            #expect(try await client.answer()?["id"]?.int64 == 2)
            gate.open()
            #expect(try await client.answer()?["id"]?.int64 == 1)
            #expect(try await client.ends())
            #expect(try await eventually { server.observer.openConnections == 0 })
        }
    }

    @Test("a half-closed connection with part of a frame ends")
    func halfClosedInsideFrame() async throws {
        try await withServer { server in
            let client = try server.client()
            try await client.send(TestClient.frame(1, .ping) + [0, 0, 1])
            client.shutDownWriting()
            #expect(try await client.answer()?["id"]?.int64 == 1)
            #expect(try await client.ends())
        }
    }

    @Test("a connection whose client has gone is closed, and its writes still happen")
    func gone() async throws {
        let gate = Gate()
        try await withServer(before: holding("m", with: gate)) { server in
            var client: TestClient? = try server.client()
            try await client?.request(1, .store, ServerFixture.record("m"))
            #expect(try await eventually { gate.waiting == 1 })
            client = nil
            gate.open()
            #expect(try await eventually { server.repository.records.count == 1 })
            #expect(try await eventually { server.observer.openConnections == 0 })
            #expect(try await server.serves())
        }
    }

    @Test("notifications are carried out and not answered")
    func notifications() async throws {
        try await withServer { server in
            let client = try server.client()
            let store = #"{"jsonrpc":"2.0","method":"store","params":\#(ServerFixture.record("m"))}"#
            let faulty = #"{"jsonrpc":"2.0","method":"store","params":{}}"#
            try await client.send(FrameEncoder.frame(Array(store.utf8)) + FrameEncoder.frame(Array(faulty.utf8)))
            try await client.request(1, .get, #"{"id":"m"}"#)
            let answer = try await client.answer()
            #expect(answer?["id"]?.int64 == 1 && answer?["result"]?["memory"]?["version"]?.int64 == 1)
        }
    }

    @Test("what is no request is answered, and the connection goes on")
    func faults() async throws {
        try await withServer { server in
            let client = try server.client()
            for (text, kind) in [
                ("", "parse_error"), ("{", "parse_error"), ("[]", "invalid_request"), ("\u{FEFF}{}", "parse_error"),
            ] {
                try await client.send(FrameEncoder.frame(Array(text.utf8)))
                let answer = try await client.answer()
                #expect(answer?.errorKind == kind && answer?["id"]?.isNull == true)
            }
            try await client.request(1, .ping)
            #expect(try await client.answer()?["result"] != nil)
        }
    }

    @Test("the peer is who the kernel says, and rules bind it")
    func peer() async throws {
        let agent = try #require(AgentID("a"))
        let rule = AccessRule(subject: .uid(getuid()), read: [.exact(agent)], write: [])
        try await withServer(rules: [rule]) { server in
            let client = try server.client()
            try await client.request(1, .store, ServerFixture.record("m"))
            #expect(try await client.answer()?.errorKind == "permission_denied")
            guard case .connectionOpened(let peer, 1)? = server.observer.all.first else {
                Issue.record("\(server.observer.all)")
                return
            }
            #expect(peer.uid == getuid() && peer.gid == getgid() && peer.pid == getpid())
        }
    }
}
