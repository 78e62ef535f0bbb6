import Glibc

/// One connection: bytes on their way out and in, and the requests that wait for their answers.
final class Connection {
    /// A request on its way.
    private struct Slot {
        var id = 0
        var template = 0
        var number = 0
        var sentAt: UInt64 = 0
    }

    let descriptor: Int32
    private let slots: UnsafeMutableBufferPointer<Slot>
    private var free: [Int]
    private var output: UnsafeMutableRawPointer
    private let outputCapacity: Int
    private var outputStart = 0
    private var outputEnd = 0
    private var input: UnsafeMutableRawPointer
    private var inputCapacity = 1 << 18
    private var inputEnd = 0
    /// Whether the kernel took less than it was given.
    private(set) var isBlocked = false

    /// The least number of 15 digits, so that all ids are as long.
    private static let firstID = 100_000_000_000_000

    init(path: String, depth: Int, longestFrame: Int) throws {
        descriptor = try UnixSocket.connect(to: path)
        slots = .allocate(capacity: depth)
        slots.initialize(repeating: Slot())
        for index in 0..<depth { slots[index].id = Self.firstID + index }
        free = Array((0..<depth).reversed())
        outputCapacity = max(1 << 18, min(depth, 64) * longestFrame)
        output = .allocate(byteCount: outputCapacity, alignment: 16)
        input = .allocate(byteCount: inputCapacity, alignment: 16)
    }

    /// How many requests wait for their answers.
    var waiting: Int { slots.count - free.count }

    /// Whether another request can be added now.
    func hasRoom(for bytes: Int) -> Bool {
        !free.isEmpty && outputEnd + bytes <= outputCapacity
    }

    /// Adds a request to what `flush` sends.
    @inline(__always)
    func add(_ template: RequestFile.Template, index: Int, number: Int, now: UInt64) {
        guard let slot = free.popLast(), let base = template.frame.baseAddress else { return }
        let id = slots[slot].id + slots.count
        slots[slot] = Slot(id: id, template: index, number: number, sentAt: now)
        let place = output + outputEnd
        place.copyMemory(from: base, byteCount: template.frame.count)
        write(id, digits: RequestFile.idDigits, to: place + RequestFile.idPosition)
        var next = number
        for position in template.numberPositions {
            write(next, digits: RequestFile.numberDigits, to: place + position)
            next += 1
        }
        outputEnd += template.frame.count
    }

    /// Sends as much as the kernel takes.
    func flush() throws {
        while outputStart < outputEnd {
            let sent = send(descriptor, output + outputStart, outputEnd - outputStart, Int32(MSG_NOSIGNAL))
            if sent < 0 {
                guard errno == EAGAIN else { throw LoadError("the daemon closed a connection: errno \(errno)") }
                isBlocked = true
                return
            }
            outputStart += sent
        }
        (outputStart, outputEnd, isBlocked) = (0, 0, false)
    }

    /// Reads what has come, and calls `body` with each complete answer and its request.
    @inline(__always)
    func receive(
        _ body: (_ answer: UnsafeRawBufferPointer, _ template: Int, _ number: Int, _ sentAt: UInt64) throws -> Void
    ) throws {
        let count = read(descriptor, input + inputEnd, inputCapacity - inputEnd)
        guard count > 0 else {
            if count < 0 && errno == EAGAIN { return }
            throw LoadError("the daemon closed a connection")
        }
        inputEnd += count
        var start = 0
        while inputEnd - start >= 4 {
            let length = Int(UInt32(bigEndian: input.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            if inputEnd - start < 4 + length {
                if 4 + length > inputCapacity { grow(to: 8 + 2 * length) }
                break
            }
            let answer = UnsafeRawBufferPointer(start: input + start + 4, count: length)
            let id = try AnswerCheck.id(of: answer)
            let index = (id - Self.firstID) % slots.count
            guard index >= 0, slots[index].id == id, slots[index].sentAt != 0 else {
                throw LoadError("an answer to no request of ours: \(AnswerCheck.text(answer))")
            }
            try body(answer, slots[index].template, slots[index].number, slots[index].sentAt)
            slots[index].sentAt = 0
            free.append(index)
            start += 4 + length
        }
        if start > 0 {
            memmove(input, input + start, inputEnd - start)
            inputEnd -= start
        }
    }

    private func grow(to capacity: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: input, byteCount: inputEnd)
        input.deallocate()
        (input, inputCapacity) = (larger, capacity)
    }
}
