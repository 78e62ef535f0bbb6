import Glibc
import ProcessSupervision
import SupervisionFixture
import Synchronization
import Testing

/// The shell around the state machine, with real children that are small scripts.
@Suite("Supervised process")
struct SupervisedProcessTests {
    final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        func add(_ line: String) { kept.withLock { $0.append(line) } }
        var all: [String] { kept.withLock { $0 } }
    }

    let lines = Lines()
    let log = LogRecorder()

    private func supervise(
        _ script: String, steps: [SupervisionPolicy.StopStep] = [.init(signal: SIGTERM, bound: .seconds(5))]
    ) -> SupervisedProcess {
        let identity = ProcessIdentity(userID: geteuid(), groupID: getegid(), userName: "me", isSwitch: false)
        let lines = lines
        return SupervisedProcess(
            program: .init(
                name: "script",
                prepare: { ChildCommand(executable: "/bin/sh", arguments: ["-c", script], identity: identity) },
                isReady: { _ in lines.all.contains("ready") }, onLine: { lines.add($0) }),
            policy: SupervisionPolicy(stopSteps: steps), logger: log.logger)
    }

    @Test("starts a child that ends again, and tells its status and last lines")
    func restarts() async throws {
        let process = supervise("echo out; echo err >&2; echo unfinished | tr -d '\\n'; exit 3")
        await process.start()
        #expect(try await eventually { process.snapshot.status.restarts >= 2 })
        #expect(process.snapshot.lastExit == "script ended with exit status 3, its last lines:\nout\nerr\nunfinished")
        await process.stop()
        #expect(process.snapshot.status.phase == .stopped && process.snapshot.status.pid == nil)
        #expect(log.contains("error script ended"))
    }

    @Test("a program that is not there is tried again, and told")
    func missingProgram() async throws {
        let identity = ProcessIdentity(userID: geteuid(), groupID: getegid(), userName: "me", isSwitch: false)
        let process = SupervisedProcess(
            program: .init(
                name: "nothing",
                prepare: { ChildCommand(executable: "/nonexistent/program", arguments: [], identity: identity) },
                isReady: { _ in false }, onLine: { _ in }),
            policy: SupervisionPolicy(stopSteps: []), logger: log.logger)
        await process.start()
        #expect(try await eventually { process.snapshot.status.restarts >= 1 })
        #expect(process.snapshot.lastExit?.contains("/nonexistent/program") == true, "\(process.snapshot)")
        await process.stop()
    }

    @Test("a child that ignores the first signal gets the next")
    func escalates() async throws {
        let steps = [
            SupervisionPolicy.StopStep(signal: SIGINT, bound: .milliseconds(200)),
            .init(signal: SIGQUIT, bound: .seconds(5)),
        ]
        let process = supervise(
            "trap '' INT; trap 'exit 7' QUIT; echo ready; while :; do sleep 0.05; done", steps: steps)
        await process.start()
        #expect(try await eventually { process.snapshot.status.phase == .ready })
        await process.stop()
        #expect(process.snapshot.lastExit?.hasPrefix("script ended with exit status 7") == true)
        #expect(log.contains("warning script did not end in time"))
    }

    @Test("the child has a session of its own and no descriptor but its three")
    func isolation() async throws {
        let process = supervise("ls /proc/self/fd | sort -n | tr '\\n' ' '; echo; echo ready; exec sleep 60")
        let extra = open("/dev/null", O_RDONLY)
        defer { close(extra) }
        await process.start()
        #expect(try await eventually { process.snapshot.status.phase == .ready })
        let pid = try #require(process.snapshot.status.pid)
        #expect(getsid(pid) == pid && getpgid(pid) == pid)
        // The fourth is the one that ls opens to read the folder.
        #expect(lines.all.first == "0 1 2 3 ")
        await process.stop()
        #expect(kill(pid, 0) != 0)
    }

    @Test("an exit is seen at once though a grandchild still holds the pipe")
    func grandchild() async throws {
        let process = supervise("sleep 60 & echo $!; echo ready; sleep 0.2; exit 1")
        await process.start()
        #expect(try await eventually { process.snapshot.status.restarts >= 1 })
        await process.stop()
        for pid in lines.all.compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
    }

    @Test("a child that closes its output is still watched and stopped")
    func closedOutput() async throws {
        let process = supervise("echo ready; exec sleep 60 >&- 2>&-")
        await process.start()
        #expect(try await eventually { process.snapshot.status.phase == .ready })
        await process.stop()
        #expect(process.snapshot.lastExit?.hasPrefix("script ended with signal 15") == true, "\(process.snapshot)")
    }

    @Test("lines are cut at their bound")
    func splitter() {
        var splitter = LineSplitter(maximumLineBytes: 5)
        #expect(splitter.append(Array("ab".utf8)).isEmpty)
        #expect(splitter.append(Array("c\r\n\n123456789\nlast".utf8)) == ["abc", "", "12345 […]"])
        #expect(splitter.finish() == "last")
        #expect(splitter.finish() == nil)
        #expect(splitter.append([0xff, 0x0a]) == ["\u{fffd}"])
    }
}
