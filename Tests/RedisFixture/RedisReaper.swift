import Foundation
import Synchronization

/// A shell that outlives the test process by a moment: when that ends, however it ends, the shell kills the servers
/// that it left and removes their folders.
final class RedisReaper: Sendable {
    static let shared: Result<RedisReaper, any Error> = Result { try RedisReaper() }

    /// Reads the folders, one a line, until the test process is gone. A server is killed only if its title still names
    /// that folder (its socket is in it).
    private static let script = #"""
        trap '' INT TERM HUP
        folders=
        while read -r folder; do folders="$folders $folder"; done
        for folder in $folders; do
            pid=$(head -n 1 "$folder/pid" 2>/dev/null)
            if [ -n "$pid" ] && grep -aqF "$folder/" "/proc/$pid/cmdline" 2>/dev/null; then kill -KILL "$pid"; fi
            rm -rf "$folder"
        done
        """#

    private let process = Process()
    private let pipe: Mutex<FileHandle?>

    private init() throws {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw RedisFixtureError("no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.script]
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try process.run()
        pipe = Mutex(FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
        atexit { RedisReaper.finish() }
    }

    /// Makes a fresh folder that will be removed, with the server in it, at the end of this process.
    static func makeFolder() throws -> String {
        let reaper = try shared.get()
        var template = Array("/tmp/brain-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RedisFixtureError("cannot make a folder under /tmp") }
        let folder = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        try reaper.pipe.withLock { try $0?.write(contentsOf: Data("\(folder)\n".utf8)) }
        return folder
    }

    /// At exit: lets the shell do its work and waits for it, so that nothing is left when the tests have ended.
    private static func finish() {
        guard let reaper = try? shared.get() else { return }
        reaper.pipe.withLock { pipe in
            try? pipe?.close()
            pipe = nil
        }
        _ = BlockingWork.poll(within: .seconds(5)) { !reaper.process.isRunning }
    }
}
