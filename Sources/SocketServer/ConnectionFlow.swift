/// Decides when a connection may be read: a plain count of what it has under way.
struct ConnectionFlow {
    private let maximumInFlight: Int
    private let maximumBytes: Int

    /// Requests decoded and not finished.
    private(set) var inFlight = 0

    /// Bytes of those requests.
    private(set) var requestBytes = 0

    /// Bytes of answers that the client has not read.
    private(set) var answerBytes = 0

    /// Whether a payload is being decoded elsewhere; the next waits, so that the order stays.
    var isDecoding = false

    init(maximumInFlight: Int, maximumBytes: Int) {
        self.maximumInFlight = maximumInFlight
        self.maximumBytes = maximumBytes
    }

    /// Whether another request may be taken on.
    var hasRoom: Bool {
        !isDecoding && inFlight < maximumInFlight && requestBytes + answerBytes < maximumBytes
    }

    /// Whether nothing is under way.
    var isIdle: Bool { !isDecoding && inFlight == 0 && answerBytes == 0 }

    mutating func requestBegan(bytes: Int) {
        inFlight += 1
        requestBytes += bytes
    }

    mutating func requestFinished(bytes: Int) {
        inFlight -= 1
        requestBytes -= bytes
    }

    mutating func answerQueued(bytes: Int) { answerBytes += bytes }

    mutating func answerSent(bytes: Int) { answerBytes -= bytes }
}
