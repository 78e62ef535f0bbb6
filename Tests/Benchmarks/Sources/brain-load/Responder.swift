import Glibc

/// Answers every request at once with the same result: what `brain-load` itself can do at most is measured against it.
final class Responder {
    private struct Peer {
        let descriptor: Int32
        let input = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
        var inputEnd = 0
    }

    private let listener: Int32
    private let poller: Poller
    private let answer: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawPointer
    private var peers: [Peer] = []

    init(path: String, result: String) throws {
        listener = try UnixSocket.listen(on: path)
        poller = try Poller()
        poller.watch(listener, key: 0, isNew: true, writable: false)
        let digits = String(repeating: "0", count: RequestFile.idDigits)
        let text = Array("\(RequestFile.prefix)\(digits),\"result\":\(result)}".utf8)
        let header = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt32(text.count) >> $0) }
        answer = .allocate(byteCount: 4 + text.count, alignment: 16)
        answer.copyBytes(from: header + text)
        output = .allocate(byteCount: answer.count * 16384, alignment: 16)
    }

    /// Answers until the process is ended.
    func run() throws -> Never {
        while true {
            try poller.wait(milliseconds: -1) { key, _, _ in
                if key == 0 { try accept() } else { try serve(key - 1) }
            }
        }
    }

    private func accept() throws {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        peers.append(Peer(descriptor: descriptor))
        poller.watch(descriptor, key: peers.count, isNew: true, writable: false)
    }

    private func serve(_ index: Int) throws {
        var peer = peers[index]
        let count = read(peer.descriptor, peer.input + peer.inputEnd, (1 << 20) - peer.inputEnd)
        guard count > 0, let base = answer.baseAddress else {
            close(peer.descriptor)
            return
        }
        peer.inputEnd += count
        var start = 0
        var end = 0
        while peer.inputEnd - start >= 4 {
            let length = Int(UInt32(bigEndian: peer.input.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            guard peer.inputEnd - start >= 4 + length, end < answer.count * 16384 else { break }
            (output + end).copyMemory(from: base, byteCount: answer.count)
            (output + end + RequestFile.idPosition).copyMemory(
                from: peer.input + start + RequestFile.idPosition, byteCount: RequestFile.idDigits)
            start += 4 + length
            end += answer.count
        }
        memmove(peer.input, peer.input + start, peer.inputEnd - start)
        peer.inputEnd -= start
        peers[index] = peer
        var sent = 0
        while sent < end {
            // The peer reads all the time, so blocking here is brief.
            let count = send(peer.descriptor, output + sent, end - sent, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            sent += count
        }
    }
}
