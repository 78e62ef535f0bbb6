import CPlatform
import Dispatch
import Glibc
import Synchronization
import ThreadedIO

/// Why a server could not be started.
struct LaunchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, errno code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
}

extension ChildProcess {
    /// As ``run(_:maximumLineBytes:onLaunch:onLine:)``, for a program that runs as long as the daemon and reads nothing.
    ///
    /// swift-subprocess has a timer for each child that wakes the process every second (1.0.2,
    /// `withAsyncTaskCleanupHandler`). Here one thread waits in poll(2) for the server's output and its end, and for
    /// nothing else, so that an idle machine sleeps.
    package func runServer(
        _ command: ChildCommand, maximumLineBytes: Int, onLaunch: @escaping @Sendable (Int32) async -> Void,
        onLine: @escaping @Sendable (String) async -> Void
    ) async throws -> ChildExit {
        let (events, sink) = AsyncStream<ServerWatch.Event>.makeStream()
        let watch = ServerWatch(livePID: self, maximumLineBytes: maximumLineBytes, sink: sink)
        let output = try watch.start(command)
        return try await withTaskCancellationHandler {
            // In a task of its own: a cancelled one's stream would end before the server.
            try await Task {
                for await event in events {
                    switch event {
                    case .launched(let pid): await onLaunch(pid)
                    case .line(let line):
                        await onLine(line)
                        output.signal()
                    case .ended(let exit): return exit
                    case .failed(let failure): throw failure
                    }
                }
                throw LaunchFailure("the server is not watched any more", errno: ECHILD)
            }.value
        } onCancel: {
            _ = send(signal: SIGKILL, toGroup: true)
        }
    }
}

/// One server's output and end, on a thread of its own.
private struct ServerWatch: Sendable {
    enum Event: Sendable {
        case launched(Int32)
        case line(String)
        case ended(ChildExit)
        case failed(LaunchFailure)
    }

    let livePID: ChildProcess
    let maximumLineBytes: Int
    let sink: AsyncStream<Event>.Continuation

    /// How many lines may wait to be dealt with; then the server's pipe fills, and it waits.
    private static let maximumLines = 256
    private static let readBytes = 16_384
    /// How much is still read when the server has ended but something that it left behind writes on.
    private static let lastReads = 64

    /// - Returns: what has to be signalled for each line that was dealt with.
    func start(_ command: ChildCommand) throws -> DispatchSemaphore {
        let room = DispatchSemaphore(value: Self.maximumLines)
        try OwnThread.start(named: "server-watch", isWatched: false) { run(command, room) }
        return room
    }

    private func run(_ command: ChildCommand, _ room: DispatchSemaphore) {
        do throws(LaunchFailure) {
            let (pid, output) = try launch(command)
            defer { close(output) }
            let handle = brain_pidfd_open(pid)
            guard handle >= 0 else {
                kill(pid, SIGKILL)
                _ = reap(pid)
                throw LaunchFailure("can't open a handle on process \(pid) (needs Linux 5.3)", errno: -handle)
            }
            defer { close(handle) }
            livePID.livePID.withLock { $0 = pid }
            sink.yield(.launched(pid))
            read(output, until: handle, room)
            // No signal can hit a stranger that gets the number: it is free only once this is done.
            let exit = livePID.livePID.withLock { live in
                live = nil
                return reap(pid)
            }
            sink.yield(.ended(exit))
        } catch {
            sink.yield(.failed(error))
        }
        sink.finish()
    }

    private func launch(_ command: ChildCommand) throws(LaunchFailure) -> (pid: Int32, output: Int32) {
        var ends: [Int32] = [-1, -1]
        var code = brain_pipe(&ends)
        guard code == 0 else { throw LaunchFailure("can't make a pipe", errno: code) }
        var pid: pid_t = 0
        let words = command.words
        code = Self.withCStrings(words) { arguments in
            Self.withCStrings(command.environment.map { "\($0.key)=\($0.value)" }) { environment in
                brain_spawn(arguments, environment, command.workingDirectory, ends[1], &pid)
            }
        }
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw LaunchFailure("can't execute \(words[0])", errno: code)
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (pid, ends[0])
    }

    /// A null-terminated array of C strings, valid inside `body`.
    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
    ) -> R {
        let pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    private func read(_ output: Int32, until handle: Int32, _ room: DispatchSemaphore) {
        var splitter = LineSplitter(maximumLineBytes: maximumLineBytes)
        func pass(_ line: String) {
            room.wait()
            sink.yield(.line(line))
        }
        var isOpen = true
        var hasEnded = false
        while !hasEnded {
            // One that has closed its output lives on; a negative descriptor is left out.
            var descriptors = [
                pollfd(fd: isOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: handle, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, -1) > 0 else { continue }
            hasEnded = descriptors[1].revents != 0
            for _ in 0..<(hasEnded ? Self.lastReads : 1) where isOpen {
                guard let bytes = Self.bytes(of: output) else { break }
                isOpen = !bytes.isEmpty
                for line in splitter.append(bytes) { pass(line) }
            }
        }
        if let rest = splitter.finish() { pass(rest) }
    }

    /// What can be read now: empty at the end, or when it can't be read any more; nil when there is nothing.
    private static func bytes(of descriptor: Int32) -> [UInt8]? {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: readBytes) { buffer, length in
            count = Glibc.read(descriptor, buffer.baseAddress, readBytes)
            length = max(0, count)
        }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? nil : bytes
    }

    /// How the process ended, which it has. Its number is free from then on.
    private func reap(_ pid: Int32) -> ChildExit {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED) != 0, errno == EINTR {}
        let status = info._sifields._sigchld.si_status
        return info.si_code == CLD_EXITED ? .exited(status) : .signaled(status)
    }
}
