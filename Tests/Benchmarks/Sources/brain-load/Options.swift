import Glibc

/// What the command line asks for.
struct Options {
    /// The socket that is connected to, or that `--respond` answers on.
    var socket = ""
    /// The file of requests; see `RequestFile`.
    var requests = ""
    var clients = 1
    /// How many requests a client has on the way at once.
    var depth = 1
    /// How long is measured.
    var seconds = 1.0
    /// How long requests are sent before that.
    var warmSeconds = 0.0
    /// Ends the run after so many answers; 0: only time does.
    var count = 0
    /// Requests a second, sent without waiting for answers; 0: a client waits for its answers.
    var rate = 0.0
    /// Picks requests at random instead of in turn.
    var isRandom = false
    /// Ends the run when each request of the file was sent once.
    var isOnce = false
    /// The first request of the file that is sent.
    var offset = 0
    /// The number that the first placeholder becomes.
    var firstNumber = 0
    /// Every answer to a request must be equal to the first one.
    var isSameAnswer = false
    /// Serve instead: answer every request with these bytes as its result.
    var respond: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--random": isRandom = true
            case "--once": isOnce = true
            case "--same-answer": isSameAnswer = true
            default:
                guard let value = rest.popFirst() else { throw LoadError("\(flag): unknown, or its value is missing") }
                try set(flag, value)
            }
        }
        guard !socket.isEmpty else { throw LoadError("--socket PATH is missing") }
        guard respond != nil || !requests.isEmpty else { throw LoadError("--requests FILE is missing") }
        guard (1...4096).contains(clients), (1...65536).contains(depth), seconds > 0 else {
            throw LoadError("--clients must be 1 to 4096, --depth 1 to 65536, --seconds more than 0")
        }
    }

    private mutating func set(_ flag: String, _ value: String) throws {
        func number<N: LosslessStringConvertible>() throws -> N {
            guard let number = N(value) else { throw LoadError("\(flag): not a number: \(value)") }
            return number
        }
        switch flag {
        case "--socket": socket = value
        case "--requests": requests = value
        case "--clients": clients = try number()
        case "--depth": depth = try number()
        case "--seconds": seconds = try number()
        case "--warm": warmSeconds = try number()
        case "--count": count = try number()
        case "--rate": rate = try number()
        case "--offset": offset = try number()
        case "--first-number": firstNumber = try number()
        case "--respond": respond = value
        default: throw LoadError("\(flag): unknown")
        }
    }
}
