import Glibc

/// Sends requests from many connections by one thread, checks their answers, and counts.
final class Load {
    private let options: Options
    private let requests: RequestFile
    private let check: AnswerCheck
    private let poller: Poller
    private let connections: [Connection]
    private(set) var tally = Tally()
    private(set) var seconds = 0.0
    private(set) var processorSeconds = 0.0
    /// How many requests were sent, all told.
    private(set) var sent = 0

    private var now: UInt64 = 0
    private var isSending = true
    private var nextTemplate: Int
    private var nextNumber: Int
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// How many due requests clients that don't wait have got through, those held back included.
    private var scheduled = 0

    /// How many requests of a connection may be on the way when nobody waits.
    static let openDepth = 16384
    /// How often those that don't wait send what is due and read what has come, if a processor is free then. Times count from
    /// when a request is given to the socket to when its answer is read.
    static let burstMicroseconds: UInt32 = 1_000

    init(_ options: Options) throws {
        self.options = options
        requests = try RequestFile(path: options.requests)
        check = AnswerCheck(requests: requests, isSameAnswer: options.isSameAnswer)
        poller = try Poller()
        let depth = options.rate > 0 ? Self.openDepth : options.depth
        let longest = requests.longestFrame
        connections = try (0..<options.clients).map { _ in
            try Connection(path: options.socket, depth: depth, longestFrame: longest)
        }
        for (key, connection) in connections.enumerated() {
            poller.watch(connection.descriptor, key: key, isNew: true, writable: false)
        }
        nextTemplate = options.offset
        nextNumber = options.firstNumber
        var clock = UInt64(Clock.now())
        clock ^= clock << 21
        random ^= clock
    }

    /// Sends and receives for as long as the options say, then waits for what is still on its way.
    func run() throws {
        now = Clock.now()
        if options.warmSeconds > 0 {
            try work(until: now + UInt64(options.warmSeconds * 1e9))
            tally.restart()
        }
        let begin = Clock.now()
        let processorBegin = Clock.processorSeconds()
        try work(until: begin + UInt64(options.seconds * 1e9))
        seconds = Double(Clock.now() - begin) / 1e9
        processorSeconds = Clock.processorSeconds() - processorBegin
        isSending = false
        let counted = tally
        let deadline = Clock.now() + 15_000_000_000
        while connections.contains(where: { $0.waiting > 0 }) {
            try turn(milliseconds: 100)
            guard now < deadline else { throw LoadError("requests were not answered within 15 s") }
        }
        // What comes late counts as an error or as one told busy, but not as work done in time. Those that do not wait
        // see their times too, or the slowest would be left out.
        let late = tally
        tally = counted
        (tally.errors, tally.firstError) = (late.errors, late.firstError)
        if options.rate > 0 { (tally.latency, tally.busy) = (late.latency, late.busy) }
    }

    private var isExhausted: Bool {
        options.isOnce && nextTemplate >= requests.templates.count
            || options.count > 0 && tally.answers + tally.busy + tally.errors >= options.count
    }

    private func work(until end: UInt64) throws {
        let begin = now
        scheduled = 0
        if options.rate == 0 { for connection in connections { try fill(connection) } }
        while now < end {
            if options.rate > 0 {
                // In bursts: who looked without pause for what is due would take a processor from those that are measured.
                usleep(Self.burstMicroseconds)
                now = Clock.now()
                try sendDue(since: begin)
                try turn(milliseconds: 0)
            } else {
                try turn(milliseconds: 10)
            }
            if isExhausted && connections.allSatisfy({ $0.waiting == 0 }) { break }
        }
    }

    /// One wait for what is ready, and what follows from it.
    private func turn(milliseconds: Int32) throws {
        try poller.wait(milliseconds: milliseconds) { key, readable, writable in
            let connection = connections[key]
            let wasBlocked = connection.isBlocked
            if writable { try connection.flush() }
            if readable {
                now = Clock.now()
                try connection.receive { answer, template, number, sentAt in
                    try count(answer, template: template, number: number, sentAt: sentAt)
                }
            }
            if options.rate == 0 { try fill(connection) }
            if connection.isBlocked != wasBlocked {
                poller.watch(connection.descriptor, key: key, isNew: false, writable: connection.isBlocked)
            }
        }
        now = Clock.now()
    }

    @inline(__always)
    private func count(_ answer: UnsafeRawBufferPointer, template: Int, number: Int, sentAt: UInt64) throws {
        switch try check.check(answer, template: template, number: number) {
        case .result(let source):
            tally.answers += 1
            if source == .cache { tally.fromCache += 1 }
            if source == .store { tally.fromStore += 1 }
            tally.latency.add(nanoseconds: now - sentAt)
        case .busy:
            tally.busy += 1
            tally.busyLatency.add(nanoseconds: now - sentAt)
        case .error(let text):
            tally.errors += 1
            if tally.firstError == nil { tally.firstError = text }
        }
    }

    /// Adds as many requests as a client may have on the way, and sends them at once.
    @inline(__always)
    private func fill(_ connection: Connection) throws {
        guard isSending, !connection.isBlocked else { return }
        while connection.hasRoom(for: requests.longestFrame), !isExhausted { addNext(to: connection) }
        try connection.flush()
    }

    /// Sends what is due by now, connection by connection; what a connection doesn't take is held back for good.
    private func sendDue(since begin: UInt64) throws {
        let due = Int(Double(now - begin) / 1e9 * options.rate)
        let before = scheduled
        while scheduled < due {
            let connection = connections[scheduled % connections.count]
            scheduled += 1
            if connection.isBlocked || !connection.hasRoom(for: requests.longestFrame) {
                tally.heldBack += 1
            } else {
                addNext(to: connection)
            }
        }
        for index in 0..<min(scheduled - before, connections.count) {
            let key = (before + index) % connections.count
            let connection = connections[key]
            guard !connection.isBlocked else { continue }
            try connection.flush()
            if connection.isBlocked { poller.watch(connection.descriptor, key: key, isNew: false, writable: true) }
        }
    }

    @inline(__always)
    private func addNext(to connection: Connection) {
        let count = requests.templates.count
        var index = nextTemplate
        if options.isRandom {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            index = Int(random % UInt64(count))
        } else {
            nextTemplate += 1
            if nextTemplate == count && !options.isOnce { nextTemplate = 0 }
        }
        let template = requests.templates[index]
        connection.add(template, index: index, number: nextNumber, now: now)
        nextNumber += template.numberPositions.count
        sent += 1
    }
}
