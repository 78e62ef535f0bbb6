import Dispatch
import Glibc

/// A file that appears under its name only when it is complete: until then it is written beside it, under another one.
final class OutputFile {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let signals: [any DispatchSourceSignal]

    /// Where the bytes go.
    let sink: ByteSink

    /// Begins a file that will replace the one at `path`.
    init(path: String) throws(SystemError) {
        let temporaryPath = "\(path).\(getpid()).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError("can't write \(temporaryPath)", errno: errno) }
        self.path = path
        self.temporaryPath = temporaryPath
        sink = ByteSink(descriptor: descriptor)
        signals = [SIGINT, SIGTERM, SIGHUP].map { Self.remove(temporaryPath, on: $0) }
    }

    /// Brings the file to the disk and gives it its name.
    func finish() throws(SystemError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("can't write \(path)", errno: errno) }
        guard Glibc.close(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw SystemError("can't write \(path)", errno: errno)
        }
        signals.forEach { $0.cancel() }
    }

    /// Gives the file up.
    func discard() {
        unlink(temporaryPath)
        signals.forEach { $0.cancel() }
    }

    /// Whoever stops the program must not find half a file later.
    private static func remove(_ path: String, on number: Int32) -> any DispatchSourceSignal {
        let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "brainctl.signal"))
        source.setEventHandler {
            unlink(path)
            ProcessEnd.bySignal(number)
        }
        signal(number, SIG_IGN)
        source.resume()
        return source
    }
}
