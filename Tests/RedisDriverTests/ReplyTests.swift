import MonotonicClock
import RedisDriver
import Testing

extension ServerTests {
    /// What comes back for what is sent, against a real server.
    @Suite struct ReplyTests {
        @Test func everyKindOfReply() async throws {
            try await withReadyClient { client in
                let commands = [
                    RedisCommand("SET", "reply:text", "abc"), RedisCommand("GET", "reply:text"),
                    RedisCommand("GET", "reply:absent"), RedisCommand("INCRBY", "reply:number", "-9223372036854775808"),
                    RedisCommand("LPUSH", "reply:text", "x"), RedisCommand("MGET", "reply:text", "reply:absent"),
                    RedisCommand("EVAL", "return {1, {'a', {}, {redis.status_reply('S'), false}}}", "0"),
                    RedisCommand("EVAL", "return {redis.error_reply('ERR inside')}", "0"),
                    RedisCommand("BLPOP", "reply:absent", "0.001"), RedisCommand("GET", ""),
                ]
                let replies = try await client.send(commands, deadline: .now + .seconds(10))
                #expect(replies.count == commands.count)
                #expect(replies[0] == .status("OK"))
                #expect(replies[1] == .text("abc"))
                #expect(replies[2] == .null)
                #expect(replies[3] == .integer(.min))
                #expect(replies[4] == .error("WRONGTYPE Operation against a key holding the wrong kind of value"))
                #expect(replies[5] == .array([.text("abc"), .null]))
                #expect(
                    replies[6]
                        == .array([.integer(1), .array([.text("a"), .array([]), .array([.status("S"), .null])])]))
                #expect(replies[7] == .array([.error("ERR inside")]))
                #expect(replies[8] == .null)
                #expect(replies[9] == .null)
            }
        }

        @Test func everyByteEverywhere() async throws {
            try await withReadyClient { client in
                let all = (0...255).map(UInt8.init)
                let key = Array("reply:bytes\0\r\n".utf8) + all
                for value in [all, [0], [], [0, 0, 0], Array("\r\n$-1\r\n".utf8)] {
                    let replies = try await client.send(
                        [
                            RedisCommand([Array("SET".utf8), key, value]), RedisCommand([Array("GET".utf8), key]),
                            RedisCommand([Array("STRLEN".utf8), key]),
                        ], deadline: .now + .seconds(10))
                    #expect(replies == [.status("OK"), .bulk(value), .integer(Int64(value.count))])
                }
            }
        }

        @Test func largeValues() async throws {
            try await withReadyClient { client in
                for size in [16_383, 16_384, 65_536, 1024 * 1024, 5_000_000] {
                    let value = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                    let key = Array("reply:large".utf8)
                    let replies = try await client.send(
                        [RedisCommand([Array("SET".utf8), key, value]), RedisCommand([Array("GET".utf8), key])],
                        deadline: .now + .seconds(20))
                    #expect(replies == [.status("OK"), .bulk(value)])
                }
            }
        }

        @Test func nothingAndEmptyWords() async throws {
            try await withReadyClient { client in
                #expect(try await client.send([], deadline: .now) == [])
                // Redis skips a command without words and answers nothing: the order of replies must survive that.
                let replies = try await client.send(
                    [RedisCommand([]), RedisCommand(""), RedisCommand("ECHO", "still in step")],
                    deadline: .now + .seconds(10))
                for reply in replies.prefix(2) {
                    guard case .error(let text) = reply else {
                        Issue.record("\(reply)")
                        continue
                    }
                    #expect(text.hasPrefix("ERR unknown command"))
                }
                #expect(replies[2] == .text("still in step"))
            }
        }

        @Test func aDeadlineThatHasPassedSendsNothing() async throws {
            try await withReadyClient { client in
                await #expect(throws: RedisError.timedOut) {
                    try await client.send([RedisCommand("SET", "reply:late", "1")], deadline: .now - .milliseconds(1))
                }
                let found = try await client.run("EXISTS", "reply:late")
                #expect(found == .integer(0))
                #expect(client.state == .ready, "the connection has nothing to do with it")
            }
        }
    }
}
