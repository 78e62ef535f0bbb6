import Logging
import Testing

@testable import ManagedRedis

/// The pure parts: what is read from Redis's lines and titles.
@Suite("Managed Redis: parts")
struct PartsTests {
    @Test(
        "reads log lines",
        arguments: [
            ("4711:M 25 Nov 2026 12:00:00.000 * Ready", "debug", "4711", "Ready"),
            ("4711:M 25 Nov 2026 12:00:00.000 - Accepted", "debug", "4711", "Accepted"),
            ("4711:C 25 Nov 2026 12:00:00.000 . hash tables", "trace", "4711", "hash tables"),
            ("4711:M 25 Nov 2026 12:00:00.000 # Out of  memory", "warning", "4711", "Out of  memory"),
            ("4711:M 25 Nov 2026 12:00:00.000 #", "warning", "4711", ""),
            ("4711:C 25 Nov 2026 12:00:00.000 # Redis version=7.0.15", "debug", "4711", "Redis version=7.0.15"),
            (
                "4711:signal-handler (1795651181) Received SIGTERM scheduling shutdown...", "debug", "4711",
                "Received SIGTERM scheduling shutdown..."
            ),
            ("4711:signal-handler (1795651181) Crashed", "warning", "4711", "Crashed"),
            ("=== REDIS BUG REPORT START", "warning", "-", "=== REDIS BUG REPORT START"),
            ("x:M 25 Nov 2026 12:00:00.000 * y", "warning", "-", "x:M 25 Nov 2026 12:00:00.000 * y"),
            ("4711:M 25 Nov", "warning", "-", "4711:M 25 Nov"), (":", "warning", "-", ":"),
        ])
    func logLine(text: String, level: String, pid: String, message: String) throws {
        let line = try #require(RedisLogLine(text))
        #expect("\(line.level)" == level && line.pid ?? "-" == pid && line.message == message, "\(line)")
    }

    @Test("an empty line is none", arguments: ["", " ", "\t"])
    func emptyLine(text: String) {
        #expect(RedisLogLine(text) == nil)
    }

    @Test(
        "knows a server on its socket, before and after it has written its title, and nobody else",
        arguments: [
            ("/usr/bin/redis-server unixsocket:/d/redis.sock\0\0\0", true),
            ("redis-server unixsocket:/d/redis.sock", true),
            ("/usr/bin/redis-server\0--port\00\0--unixsocket\0/d/redis.sock\0", true),
            ("/usr/bin/setpriv\0--reuid=1\0--\0/usr/bin/redis-server\0--unixsocket\0/d/redis.sock\0", true),
            ("redis-server unixsocket:/d/redis.sock2", false), ("redis-server unixsocket:/x/d/redis.sock", false),
            ("redis-cli\0-s\0/d/redis.sock\0", false), ("pgrep\0-f\0unixsocket:/d/redis.sock\0", false),
            ("redis-server *:6379", false), ("", false),
        ])
    func commandLine(line: String, isServer: Bool) {
        #expect(RedisServer.isCommandLine(line, ofServerOn: "/d/redis.sock") == isServer)
    }
}
