import Dispatch
import Glibc
import Synchronization

/// A file, or standard input, that is read on a queue of its own, so that waiting for input never blocks Swift's
/// thread pool.
final class ByteSource: Sendable {
    private let descriptor: Int32
    private let queue: DispatchQueue
    private let isCancelled = Atomic<Bool>(false)

    /// How many bytes there are, when that can be told beforehand.
    let size: Int64?

    static let standardInput = ByteSource(descriptor: STDIN_FILENO)

    /// How long a wait for input lasts before it is checked whether anybody still wants it, in milliseconds.
    private static let patience: Int32 = 100

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        queue = DispatchQueue(label: "brainctl.source.\(descriptor)")
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int64(status.st_size) : nil
    }

    /// Opens the file at `path`, or standard input for `-`.
    static func open(_ path: String) throws(SystemError) -> ByteSource {
        if path == "-" { return .standardInput }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("can't read \(path)", errno: errno) }
        return ByteSource(descriptor: descriptor)
    }

    /// Up to `limit` bytes, as soon as there are any; empty at the end, and when the task was cancelled.
    func read(upTo limit: Int = 262_144) async throws(SystemError) -> [UInt8] {
        let outcome: Result<[UInt8], SystemError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.readNow(limit)) }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
        return try outcome.get()
    }

    private func readNow(_ limit: Int) -> Result<[UInt8], SystemError> {
        while !isCancelled.load(ordering: .relaxed) {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, Self.patience) > 0 else { continue }
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, limit)
                initialized = max(count, 0)
            }
            if count >= 0 { return .success(bytes) }
            if errno != EINTR, errno != EAGAIN { return .failure(SystemError("can't read the input", errno: errno)) }
        }
        return .success([])
    }
}
