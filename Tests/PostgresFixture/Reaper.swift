import Foundation
import Synchronization

/// A shell that outlives the test process by a moment: when that ends, however it ends, the shell kills the servers
/// that it left and removes their folders.
final class Reaper: Sendable {
    static let shared: Result<Reaper, any Error> = Result { try Reaper() }

    /// Reads the folders, one a line, until the test process is gone. A postmaster is killed only if it still is one
    /// of that folder; its children too, for a stopped one would not notice its end.
    private static let script = #"""
        trap '' INT TERM HUP
        folders=
        while read -r folder; do folders="$folders $folder"; done
        for folder in $folders; do
            pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)
            if [ -n "$pid" ] && grep -aqF "$folder" "/proc/$pid/cmdline" 2>/dev/null; then
                kill -STOP "$pid"
                doomed=$pid
                for stat in /proc/[0-9]*/stat; do
                    { read -r child name state parent rest <"$stat"; } 2>/dev/null || continue
                    [ "$parent" = "$pid" ] && doomed="$doomed $child"
                done
                kill -KILL $doomed 2>/dev/null
            fi
            rm -rf "$folder"
        done
        """#

    private let process: Process
    private let pipe: Mutex<FileHandle?>

    private init() throws {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw FixtureError("no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readEnd = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        process = PostgresPrograms.process(["/bin/sh", "-c", Self.script])
        process.standardInput = readEnd
        try process.run()
        pipe = Mutex(FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
        atexit { Reaper.finish() }
    }

    /// Makes a fresh folder that will be removed, with the server in its `data`, at the end of this process.
    static func makeFolder() throws -> String {
        let reaper = try shared.get()
        var template = Array("/tmp/brain-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError("cannot make a folder under /tmp") }
        let folder = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        try reaper.pipe.withLock { try $0?.write(contentsOf: Data("\(folder)\n".utf8)) }
        try PostgresPrograms.hand(over: folder)
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
