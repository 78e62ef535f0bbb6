import CHiredis
import Glibc
import ThreadedIO

/// hiredis' reason for giving a connection up. Its errors stay: the connection is of no use any more.
struct HiredisError: Error {
    let reason: String
}

/// One socket with hiredis' buffers, never blocking. Belongs to one thread.
final class HiredisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    /// One command as it is sent.
    private var scratch: [UInt8] = []

    /// Begins to connect. (Looking a host name up blocks.)
    init(to address: RedisEndpoint.Address) throws(HiredisError) {
        let context =
            switch address {
            case .unix(let path): redisConnectUnixNonBlock(path)
            // It may look the host's name up.
            case .tcp(let host, let port): ThreadPulse.unbounded { redisConnectNonBlock(host, CInt(port)) }
            }
        guard let context else { throw HiredisError(reason: "out of memory") }
        self.context = context
        guard context.pointee.err == 0 else { throw failure("cannot connect: ") }
        // hiredis asks for no SOCK_CLOEXEC.
        _ = fcntl(context.pointee.fd, F_SETFD, FD_CLOEXEC)
    }

    deinit { redisFree(context) }

    /// What to poll.
    var socket: CInt { context.pointee.fd }

    /// After the socket has become writable for the first time: whether it is connected.
    func finishConnecting() throws(HiredisError) {
        var error: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        if getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0 { error = errno }
        guard error == 0 else {
            throw HiredisError(reason: "cannot connect: \(String(cString: strerror(error)))")
        }
    }

    /// How many bytes the write buffer holds at most; 0 exactly when it is empty.
    private(set) var unwritten = 0

    /// Puts a command into the write buffer.
    func append(_ command: RedisCommand) throws(HiredisError) {
        // Redis skips a command without words and would not answer it.
        let words = command.words.isEmpty ? [[]] : command.words
        scratch.removeAll(keepingCapacity: scratch.capacity <= RedisLimits.scratchBytes)
        // As an array of bulk strings. (hiredis does the same from a pointer and a length for each word, which costs three times
        // as much as all the rest that a command takes here.)
        scratch.append(count: words.count, after: "*")
        for word in words {
            scratch.append(count: word.count, after: "$")
            scratch += word
            scratch.endLine()
        }
        let status = scratch.withUnsafeBytes { bytes in
            redisAppendFormattedCommand(
                context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw failure() }
        unwritten += scratch.count
    }

    /// Writes what the socket takes.
    func write() throws(HiredisError) {
        var isDone: CInt = 0
        guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure() }
        if isDone == 1 { unwritten = 0 }
    }

    /// Reads once and gives each complete reply to `body`.
    ///
    /// - Returns: whether more may wait in the socket.
    func read(_ body: (RedisReply) throws(HiredisError) -> Void) throws(HiredisError) -> Bool {
        let before = context.pointee.reader.pointee.len
        guard redisBufferRead(context) == REDIS_OK else { throw failure() }
        let count = context.pointee.reader.pointee.len - before
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failure() }
            guard let reply else { return count >= RedisLimits.readBytes }
            defer { freeReplyObject(reply) }
            try body(RedisReply(reply.assumingMemoryBound(to: redisReply.self).pointee))
        }
    }

    private func failure(_ prefix: String = "") -> HiredisError {
        let reason = withUnsafeBytes(of: context.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return HiredisError(reason: prefix + (reason.isEmpty ? "unknown error" : reason))
    }
}

extension [UInt8] {
    /// Adds a line of Redis' protocol that says how many parts or bytes follow.
    fileprivate mutating func append(count: Int, after sign: Unicode.Scalar) {
        append(UInt8(ascii: sign))
        let begin = endIndex
        var rest = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self[begin...].reverse()
        endLine()
    }

    fileprivate mutating func endLine() {
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }
}

extension RedisReply {
    /// A copy; the original stays its owner's.
    fileprivate init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_STRING: self = .bulk(Array(Self.bytes(reply)))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.element, count: reply.elements)
            self = .array(elements.map { $0.map { RedisReply($0.pointee) } ?? .null })
        default: self = .null
        }
    }

    private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : reply.len)
    }
}
