import MemoryModel
import MemoryService
import MonotonicClock
import SocketServer
import StrictJSON
import TestSupport
import Testing
import WireProtocol

@Suite("Bounds of frames and load")
struct BoundsOverSocketTests {
    // MARK: Frames

    @Test("a frame that is too large is answered, its input discarded for a second, and the connection closed")
    func frameTooLarge() async throws {
        try await withServer({ $0.maximumFrameBytes = 1_000 }) { server in
            let client = try server.client()
            let begin = MonotonicInstant.now
            try await client.send(TestClient.frame(1, .ping) + [0, 0, 3, 233] + [UInt8](repeating: 0x20, count: 10))
            // In any order: the ping's, and the refusal with no id.
            let answers = [try await client.answer(), try await client.answer()]
            #expect(answers.contains { $0?["id"]?.int64 == 1 && $0?["result"] != nil })
            #expect(answers.contains { $0?["id"]?.isNull == true && $0?.errorKind == "frame_too_large" })
            #expect(try await client.ends())
            // The write side is shut; what comes is taken and thrown away, much more than any buffer holds.
            do {
                try await client.send([UInt8](repeating: 0x20, count: 4_000_000))
            } catch {
                // On a machine so busy that the second was over before all was sent.
                #expect(.now - begin >= .milliseconds(900))
            }
            #expect(try await eventually { client.sendSome([0]) == nil })
            let time = MonotonicInstant.now - begin
            #expect(time > .milliseconds(900) && time < .seconds(15), "closed after \(time)")
            #expect(try await eventually { server.observer.openConnections == 0 })
            #expect(try await server.serves())
        }
    }

    @Test("a frame of exactly the limit is read")
    func exactLimit() async throws {
        try await withServer({ $0.maximumFrameBytes = 1_000 }) { server in
            let client = try server.client()
            let ping = Array(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf8)
            try await client.send(FrameEncoder.frame(ping + [UInt8](repeating: 0x20, count: 1_000 - ping.count)))
            #expect(try await client.answer()?["result"] != nil)
        }
    }

    @Test("a connection whose answers were as much as it may hold is read again once they are written")
    func readAgain() async throws {
        try await withServer({ $0.maximumBufferedBytesPerConnection = 30 }) { server in
            let client = try server.client()
            for id in 1...5 {
                try await client.request(id, .ping)
                #expect(try await client.answer()?["id"]?.int64 == Int64(id))
            }
            for id in 6...9 { try await client.request(id, .ping) }
            #expect(Set(try await client.answers(4).keys) == Set(6...9))
        }
    }

    @Test("what was asked before a frame that is too large is answered before the end")
    func answeredBeforeTooLarge() async throws {
        let gate = Gate()
        try await withServer(before: holding("slow", with: gate)) { server in
            let client = try server.client()
            try await client.request(1, .get, #"{"id":"slow"}"#)
            try await client.send([0xFF, 0xFF, 0xFF, 0xFF])
            #expect(try await client.answer()?.errorKind == "frame_too_large")
            gate.open()
            #expect(try await client.answer()?["id"]?.int64 == 1)
            #expect(try await client.ends())
        }
    }

    @Test("a frame that comes in drops is given up in time, without an answer; an idle connection is not")
    func frameTimeout() async throws {
        try await withServer({ $0.frameTimeout = .milliseconds(400) }) { server in
            let idle = try server.client()
            try await idle.request(1, .ping)
            _ = try await idle.answer()
            let slow = try server.client()
            let begin = MonotonicInstant.now
            var frame = TestClient.frame(1, .ping)[...]
            let isMet = try await eventually(within: .seconds(10), every: .milliseconds(20)) {
                guard frame.count > 1, slow.sendSome(frame.prefix(1)) != nil else { return true }
                frame = frame.dropFirst()
                slow.receive()
                return false
            }
            #expect(isMet)
            let time = MonotonicInstant.now - begin
            #expect(time > .milliseconds(350) && frame.count > 1, "closed after \(time)")
            #expect(try await slow.ends())
            #expect(server.observer.all.contains { if case .frameTimedOut = $0 { true } else { false } })
            // The idle one has outlived the timeout.
            try await idle.request(2, .ping)
            #expect(try await idle.answer()?["id"]?.int64 == 2)
        }
    }

    // MARK: Load

    @Test("a client that does not read is no longer read from, and another is served meanwhile")
    func clientThatDoesNotRead() async throws {
        try await withServer({ $0.maximumBufferedBytesPerConnection = 200_000 }) { server in
            let client = try server.client()
            try await client.request(0, .store, ServerFixture.record("big", bytes: 60_000))
            _ = try await client.answer()
            let request = TestClient.frame(1, .get, #"{"id":"big"}"#)
            // It asks until the server takes no more for a while.
            var asked = 0
            var rest: ArraySlice<UInt8> = []
            var lastProgress = MonotonicInstant.now
            let isMet = try await eventually(within: .seconds(30), every: .milliseconds(1)) {
                if rest.isEmpty {
                    rest = request[...]
                    asked += 1
                }
                let count = try #require(client.sendSome(rest))
                rest = rest.dropFirst(count)
                if count > 0 { lastProgress = .now }
                return MonotonicInstant.now - lastProgress > .milliseconds(300)
            }
            #expect(isMet)
            let calls = server.repository.calls.count
            #expect(calls < asked && calls < 40, "\(calls) of \(asked) reached the store")
            #expect(try await server.serves())
            #expect(server.repository.calls.count == calls)
            // Once it reads, everything it asked is answered.
            var answered = 0
            let isAnswered = try await eventually(within: .seconds(60), every: .milliseconds(1)) {
                if let count = rest.isEmpty ? 0 : client.sendSome(rest) { rest = rest.dropFirst(count) }
                answered += client.discardAnswers()
                return answered == asked
            }
            #expect(isAnswered)
        }
    }

    @Test("over the global bound a request is busy, but one connection alone is only slowed")
    func busy() async throws {
        let gate = Gate()
        try await withServer(
            {
                $0.maximumInFlight = 4
                $0.maximumInFlightPerConnection = 4
            }, before: holding("held", with: gate)
        ) { server in
            let holder = try server.client()
            for id in 1...12 { try await holder.request(id, .get, #"{"id":"held-\#(id)"}"#) }
            #expect(try await eventually { gate.waiting == 4 })
            let other = try server.client()
            try await other.request(1, .get, #"{"id":"x"}"#)
            let refused = try #require(try await other.answer())
            #expect(refused.errorKind == "busy" && refused["error"]?["data"]?["retryable"]?.boolean == true)
            #expect((refused["error"]?["data"]?["retryAfterMs"]?.int64 ?? 0) > 0)
            // How the daemon is can be asked even so.
            try await other.request(2, .ping)
            try await other.request(3, .getHealth)
            #expect(try await other.answers(2).values.allSatisfy { $0["result"] != nil })
            #expect(gate.waiting == 4)
            gate.open()
            let answers = try await holder.answers(12)
            #expect(Set(answers.keys) == Set(1...12) && answers.values.allSatisfy { $0["result"] != nil })
            #expect(try await server.serves())
        }
    }

    @Test("one connection too many is told so and closed")
    func tooManyConnections() async throws {
        try await withServer({ $0.maximumConnections = 2 }) { server in
            let clients = [try server.client(), try server.client()]
            for client in clients {
                try await client.request(1, .ping)
                #expect(try await client.answer()?["result"] != nil)
            }
            let third = try server.client()
            let answer = try await third.answer()
            #expect(answer?.errorKind == "busy" && answer?["id"]?.isNull == true)
            #expect(try await third.ends())
            try await clients[0].request(2, .ping)
            #expect(try await clients[0].answer()?["id"]?.int64 == 2)
        }
    }

    @Test("garbage from many connections hurts none but themselves", arguments: UInt64(1)...4)
    func garbage(seed: UInt64) async throws {
        try await withServer({ $0.maximumFrameBytes = 100_000 }) { server in
            let good = try server.client()
            var generator = SeededGenerator(seed: seed)
            for round in 0..<60 {
                let bad = try server.client()
                var bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                // Some begin like frames.
                if generator.oneIn(2) { bytes = [0, 0, 0, UInt8.random(in: 0...200, using: &generator)] + bytes }
                _ = bad.sendSome(bytes)
                if generator.oneIn(3) { bad.shutDownWriting() }
                try await good.request(round, .store, ServerFixture.record("m\(round % 5)"))
                #expect(try await good.answer()?["id"]?.int64 == Int64(round))
            }
        }
    }

    @Test("tens of thousands of faulty frames in one go are answered one by one")
    func manyFaultyFrames() async throws {
        try await withServer { server in
            let client = try server.client()
            let count = 50_000
            async let isSent: Void = client.send([UInt8](repeating: 0, count: 4 * count), within: .seconds(60))
            var answered = 0
            let isMet = try await eventually(within: .seconds(60), every: .microseconds(100)) {
                answered += client.discardAnswers()
                return answered == count
            }
            #expect(isMet)
            try await isSent
            #expect(try await server.serves())
        }
    }
}
