import BrainClient

/// What an import does with its lines and batches, apart from all I/O: events in, decisions out.
///
/// Lines gather in an open batch, which is sealed when it is full; sealed batches are sent in order, several at once,
/// and a batch that names a memory of an earlier, unfinished batch waits for it. A batch that is refused for one of
/// its records goes again without it; one that fails for a passing reason goes again after a pause, and after too
/// many pauses the import stops.
struct ImportStateMachine {
    /// The bounds of an import.
    struct Limits: Hashable {
        /// The most records of a batch.
        var recordsPerBatch = 500

        /// A batch is sealed when it has so many bytes; it has more only by its last record.
        var bytesPerBatch = 524_288

        /// How many batches are under way at once.
        var batchesInFlight = 4

        /// How many sealed batches may wait before no more input is read.
        var waitingBatches = 8

        /// How often a batch is sent, all in all, before the import stops.
        var attempts = 10

        /// The pause after the first failure; it doubles.
        var minimumPause = Duration.milliseconds(100)

        /// The longest pause.
        var maximumPause = Duration.seconds(5)
    }

    /// Records that are sent together.
    struct Batch: Hashable {
        let number: Int
        var records: [ImportRecord]
        var attempt = 1
        var earliest: ContinuousClock.Instant?

        var ids: Set<String> { Set(records.map(\.id)) }
    }

    /// What has come of the lines.
    struct Summary: Hashable {
        var created: Int64 = 0
        var replaced: Int64 = 0
        var bad: Int64 = 0

        var stored: Int64 { created + replaced }
    }

    let limits: Limits
    let isStrict: Bool
    var open: [ImportRecord] = []
    var openIDs: Set<String> = []
    var openBytes = 0
    var sealed: [Batch] = []
    var inFlight: [Int: Batch] = [:]
    var lastNumber = 0
    var hasEnded = false

    /// What has come of the lines so far.
    var summary = Summary()

    /// Lines that are bad, and why, in the order found; the shell reports and removes them.
    var badLines: [(line: Int, reason: String)] = []

    /// Why the import stops before its end, once it does.
    var abortedBy: BrainError?

    /// The bad line at which a strict import stops.
    var stoppedAt: Int?

    init(limits: Limits = Limits(), isStrict: Bool = false) {
        self.limits = limits
        self.isStrict = isStrict
    }
}

// MARK: Input

extension ImportStateMachine {
    /// Whether more lines may be read now.
    var wantsInput: Bool { !hasEnded && sealed.count < limits.waitingBatches }

    /// Whether everything is done.
    var isFinished: Bool { hasEnded && open.isEmpty && sealed.isEmpty && inFlight.isEmpty }

    /// A line holds a record.
    mutating func add(_ record: ImportRecord) {
        guard !hasEnded else { return }
        // The daemon refuses a batch that names a memory twice; the later line must win.
        if openIDs.contains(record.id) { seal() }
        open.append(record)
        openIDs.insert(record.id)
        openBytes += record.json.bytes.count
        if open.count >= limits.recordsPerBatch || openBytes >= limits.bytesPerBatch { seal() }
    }

    /// A line holds no record that could be stored.
    mutating func addBad(line: Int, reason: String) {
        guard !hasEnded else { return }
        reject(line: line, reason: reason)
        if isStrict {
            stoppedAt = line
            end()
        }
    }

    /// There is no more input.
    mutating func end() {
        seal()
        hasEnded = true
    }

    /// The input pauses: what came so far needn't wait for more.
    mutating func inputPaused() {
        if inFlight.isEmpty, sealed.isEmpty { seal() }
    }

    /// Takes the bad lines found since the last time.
    mutating func takeBadLines() -> [(line: Int, reason: String)] {
        defer { badLines = [] }
        return badLines
    }

    private mutating func seal() {
        guard !open.isEmpty else { return }
        lastNumber += 1
        sealed.append(Batch(number: lastNumber, records: open))
        (open, openIDs, openBytes) = ([], [], 0)
    }

    mutating func reject(line: Int, reason: String) {
        summary.bad += 1
        badLines.append((line, reason))
    }
}
