/// What came of the requests that were answered.
struct Tally {
    var answers = 0
    var busy = 0
    var errors = 0
    var fromCache = 0
    var fromStore = 0
    /// Requests that were due while their connection took no more bytes, and so were never sent.
    var heldBack = 0
    /// The first answer that was an error other than busy.
    var firstError: String?
    var latency = Histogram()
    var busyLatency = Histogram()

    /// Forgets what was counted so far, errors excepted.
    mutating func restart() {
        let kept = (errors, firstError)
        self = Tally()
        (errors, firstError) = kept
    }
}
