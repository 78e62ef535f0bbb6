import BrainClient

/// The shell around `ImportStateMachine`: it reads, sends, waits and reports.
struct Importer {
    private let client: BrainClient
    private let source: ByteSource
    private let deadline: Duration
    private var machine: ImportStateMachine
    private var splitter = LineSplitter(limit: Limits.answerBytes)
    private var progress: ProgressBar
    private var bytesRead: Int64 = 0
    private var isReading = false
    private var timer: ContinuousClock.Instant?

    private enum Event: Sendable {
        case input(Result<[UInt8], SystemError>)
        case outcome(Int, Result<[StoreOutcome], BrainError>)
        case timer
    }

    init(client: BrainClient, source: ByteSource, isStrict: Bool, deadline: Duration) {
        self.client = client
        self.source = source
        self.deadline = deadline
        machine = ImportStateMachine(isStrict: isStrict)
        progress = ProgressBar("importing", on: .error)
    }

    /// Imports everything and returns the machine as it is at the end.
    mutating func run() async throws -> ImportStateMachine {
        try await withThrowingTaskGroup(of: Event.self) { group in
            while true {
                startWork(&group)
                if machine.isFinished { break }
                guard let event = try await group.next() else { break }
                try handle(event)
                try await report()
            }
            group.cancelAll()
        }
        try await report()
        if let bytes = progress.clear() { try await ByteSink.standardError.write(Array(bytes.utf8)) }
        return machine
    }

    /// Begins what may begin: reading, sending, waiting for a pause to end.
    private mutating func startWork(_ group: inout ThrowingTaskGroup<Event, any Error>) {
        let (client, source, deadline) = (client, source, deadline)
        while let batch = machine.nextToSend(now: .now) {
            group.addTask {
                let request = BrainRequest.storeBatch(records: batch.records.map(\.json))
                do throws(BrainError) {
                    return .outcome(batch.number, .success(try await client.send(request, deadline: deadline)))
                } catch {
                    return .outcome(batch.number, .failure(error))
                }
            }
        }
        if machine.wantsInput, !isReading {
            isReading = true
            group.addTask {
                do throws(SystemError) {
                    return .input(.success(try await source.read()))
                } catch {
                    return .input(.failure(error))
                }
            }
        }
        if let due = machine.nextDue(now: .now), due != timer {
            timer = due
            group.addTask {
                try? await Task.sleep(until: due, clock: .continuous)
                return .timer
            }
        }
    }

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .input(let chunk):
            isReading = false
            try take(try chunk.get())
        case .outcome(let number, .success(let outcomes)): machine.stored(number, outcomes)
        case .outcome(let number, .failure(let error)): machine.failed(number, error, now: .now)
        case .timer: break
        }
    }

    private mutating func take(_ chunk: [UInt8]) throws {
        bytesRead += Int64(chunk.count)
        let lines = chunk.isEmpty ? [splitter.end()].compactMap(\.self) : splitter.append(chunk)
        let now = Timestamp.now
        for line in lines {
            do throws(BadLine) {
                if let record = try ImportLine.record(line, now: now) { machine.add(record) }
            } catch {
                machine.addBad(line: line.number, reason: error.message)
            }
        }
        if chunk.isEmpty { machine.end() } else { machine.inputPaused() }
    }

    /// Tells of bad lines and of progress, on standard error.
    private mutating func report() async throws {
        var text = ""
        for (line, reason) in machine.takeBadLines() {
            text += (progress.clear() ?? "") + Terminal.error.paint("brainctl:", .red)
            text += " line \(line): \(DisplayText.sanitized(reason))\n"
        }
        let fraction = source.size.map { $0 == 0 ? 1 : Double(bytesRead) / Double($0) }
        text += progress.update(machine.summary.stored, fraction: fraction) ?? ""
        if !text.isEmpty { try await ByteSink.standardError.write(Array(text.utf8)) }
    }
}
