import Glibc
import ProcessSupervision
import SupervisionFixture
import Synchronization
import Testing

@Suite("Stream run")
struct StreamRunTests {
    private let identity = ProcessIdentity(userID: geteuid(), groupID: getegid(), userName: "me", isSwitch: false)

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    private func run(
        _ script: String, environment: [String: String] = ChildCommand.plainEnvironment,
        standardInput: String? = nil, bound: Duration = .seconds(30)
    ) async throws -> (run: StreamRun, output: [UInt8]) {
        let output = Mutex<[UInt8]>([])
        let command = ChildCommand(
            executable: "/bin/sh", arguments: ["-c", script], environment: environment, identity: identity,
            standardInput: standardInput)
        let run = try await StreamRun.run(command, bound: bound) { piece in output.withLock { $0 += piece } }
        return (run, output.withLock { $0 })
    }

    @Test("output is passed on byte by byte, errors apart from it by lines")
    func streams() async throws {
        let (run, output) = try await run("printf 'a\\000b\\n\\377'; echo one >&2; printf two >&2; exit 7")
        #expect(run.exit == .exited(7) && !run.isTimedOut)
        #expect(output == [0x61, 0, 0x62, 0x0a, 0xff])
        #expect(run.errorLines == ["one", "two"])
    }

    @Test("neither a flood of output nor one of errors stops the other, and of errors only the last are kept")
    func flood() async throws {
        let (run, output) = try await run("head -c 3000000 /dev/zero & yes error | head -n 100000 >&2; wait")
        #expect(output.count == 3_000_000)
        #expect(run.errorLines == Array(repeating: "error", count: ProgramRun.maximumLines))
    }

    @Test("standard input arrives, also a long one")
    func input() async throws {
        let text = String(repeating: "line\n", count: 100_000)
        #expect(try await run("cat", standardInput: text).output == Array(text.utf8))
    }

    @Test("variables arrive just as they are given, whatever their length")
    func environment() async throws {
        var given: [String: String] = [:]
        for length in 0..<200 { given["V\(length)"] = String(repeating: "x", count: length) }
        let (_, output) = try await run("exec env -0", environment: given)
        let came = String(decoding: output, as: UTF8.self).split(separator: "\0").filter { $0.hasPrefix("V") }
        #expect(Set(came.map { String($0) }) == Set(given.map { "\($0.key)=\($0.value)" }))
    }

    @Test("a program that takes too long, and what it has started, is killed")
    func bounds() async throws {
        let (late, _) = try await run("sleep 100 & sleep 100", bound: .milliseconds(200))
        #expect(late.isTimedOut && late.exit == .signaled(SIGKILL))
    }

    @Test("cancelled tasks end their programs at once, also many at a time")
    func cancellation() async throws {
        let started = Counter()
        let command = ChildCommand(
            executable: "/bin/sh", arguments: ["-c", "sleep 100 & echo on; sleep 100"], identity: identity)
        let tasks = (0..<8).map { _ in
            Task { try await StreamRun.run(command, bound: .seconds(90)) { _ in started.count.withLock { $0 += 1 } } }
        }
        #expect(try await eventually { started.count.withLock { $0 } == 8 })
        let begin = ContinuousClock.now
        for task in tasks { task.cancel() }
        for task in tasks {
            if case .success(let run) = await task.result { #expect(run.exit == .signaled(SIGKILL)) }
        }
        #expect(.now - begin < .seconds(30))
    }
}
