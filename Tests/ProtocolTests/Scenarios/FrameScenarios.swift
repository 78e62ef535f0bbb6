import DaemonFixture
import Testing

/// What only a connection has: frames, and the order of answers.
extension Scenario {
    private static let ping = Client.request("ping")

    static let frames: [Scenario] =
        [
            wire("a frame byte by byte, its answer a frame as well", .frame) { socket in
                for byte in UnixSocket.frame(ping) { try socket.send([byte]) }
                let head = try #require(try socket.receive(within: .seconds(30)))
                let payload = Array(#"{"jsonrpc":"2.0","id":1,"result":{}}"#.utf8)
                #expect(head == [0, 0, 0, UInt8(payload.count)] + payload)
            },
            wire("frames that arrive together, and cut anywhere", .frame) { socket in
                let frames =
                    UnixSocket.frame(Client.request("ping", id: "10"))
                    + UnixSocket.frame(Client.request("ping", id: "11"))
                for cut in 0..<frames.count {
                    try socket.send(Array(frames.prefix(cut)))
                    try socket.send(Array(frames.dropFirst(cut)))
                    let ids = [try receive(socket)?.id, try receive(socket)?.id]
                    #expect(Set(ids.map { $0?.int }) == [10, 11])
                }
            },
            wire("an empty frame is no JSON", .frame, .parseError, .errorsKeepConnection) { socket in
                try socket.send([0, 0, 0, 0] + UnixSocket.frame(ping))
                let answers = [try receive(socket), try receive(socket)]
                #expect(Set(answers.map { $0?.failure?.kind }) == ["parse_error", nil])
            },
            wire("a client may send 2,000 requests without waiting", .pipelining) { socket in
                try socket.send(
                    (0..<2_000).flatMap {
                        UnixSocket.frame(Client.request($0 % 2 == 0 ? "ping" : "count", id: "\"\($0)\""))
                    })
                var ids: Set<String> = []
                for _ in 0..<2_000 { ids.insert(try #require(try receive(socket)?.id.string)) }
                #expect(ids == Set((0..<2_000).map(String.init)))
            },
            Scenario(
                "requests that name one id take effect in the order sent", .sameIDInOrder, .pipelining, run: ordered),
            wire("a half-closed connection gets its answers, then closes", .halfClose) { socket in
                for id in 0..<50 { try socket.send(frame: Client.request("count", id: String(id))) }
                try socket.send([0, 0, 1])
                socket.shutdownWriting()
                var ids: Set<Int?> = []
                while let answer = try receive(socket) { ids.insert(answer.id.int) }
                #expect(ids == Set(0..<50))
            },
            Scenario("large requests keep their place in the order", .sameIDInOrder) { world in
                let id = world.unique("large")
                let text = String(repeating: "x", count: 150_000)
                let requests = (0..<20).flatMap { round in
                    let size = round % 2 == 0 ? text : ""
                    let record = #"{"id":"\#(id)","agentId":"a","context":{"n":\#(round),"t":"\#(size)"}}"#
                    return [
                        Client.request("store", #"{"record":\#(record)}"#, id: "-1"),
                        Client.request("get", #"{"id":"\#(id)"}"#, id: String(round)),
                    ]
                }
                for answer in try await world.client.exchange(requests) {
                    guard let round = answer.id.int, round >= 0 else { continue }
                    #expect(try answer.success()["memory"]?["context"]?["n"] == .int(round))
                }
            },
            Scenario("a notification is carried out", .notification) { world in
                let id = world.unique("silent")
                let store = Client.request("store", #"{"record":{"id":"\#(id)","agentId":"a","context":{}}}"#, id: nil)
                #expect(try await world.client.exchange([store]).isEmpty)
                var isThere = false
                let end = ContinuousClock.now + .seconds(10)
                while !isThere, ContinuousClock.now < end { isThere = try await world.client.memory(id) != nil }
                #expect(isThere)
            },
        ] + frameLimits

    @Sendable private static func ordered(_ world: World) async throws {
        let ids = (0..<3).map { _ in world.unique("order") }
        let other = world.unique("order")
        var requests: [[UInt8]] = []
        func add(_ method: String, _ params: String) {
            requests.append(Client.request(method, params, id: String(requests.count)))
        }
        for round in 1...40 {
            for id in ids {
                add("store", #"{"record":{"id":"\#(id)","agentId":"a","context":{"n":\#(round)}}}"#)
                add("get", #"{"id":"\#(id)"}"#)
            }
            let records = (ids + [other]).map { #"{"id":"\#($0)","agentId":"a","context":{"n":\#(-round)}}"# }
            add("storeBatch", #"{"records":[\#(records.reversed().joined(separator: ","))]}"#)
            add("getBatch", #"{"ids":\#(JSONValue.strings(ids))}"#)
            add("delete", #"{"id":"\#(ids[round % 3])"}"#)
            add("get", #"{"id":"\#(ids[round % 3])"}"#)
        }
        let answers = Dictionary(
            uniqueKeysWithValues: try await world.client.exchange(requests).map { ($0.id.int ?? -1, $0) })
        #expect(answers.count == requests.count)
        var next = 0
        func result() throws -> JSONValue {
            defer { next += 1 }
            return try #require(answers[next]).success()
        }
        for round in 1...40 {
            for _ in ids {
                let stored = try result()
                let isNew = round > 1 && stored["id"]?.string == ids[(round - 1) % 3]
                #expect(stored["created"] == .bool(round == 1 || isNew), "round \(round)")
                #expect(try result()["memory"]?["context"] == ["n": .int(round)])
            }
            let batch = try result()["results"]?.array ?? []
            #expect(batch.map { $0["created"] } == [.bool(round == 1), false, false, false])
            let memories = try result()["memories"]?.array ?? []
            #expect(memories.map { $0["context"] } == Array(repeating: ["n": .int(-round)], count: 3))
            #expect(try result() == ["deleted": true])
            #expect(try result()["memory"] == .null)
        }
    }
}
