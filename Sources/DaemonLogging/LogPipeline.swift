import Foundation
public import LogEvents
import Logging
import MonotonicClock
import Synchronization
import ThreadedIO

/// Takes entries from any thread, holds floods back, and writes the rest on a thread of its own: a log that is not taken
/// blocks nobody.
public final class LogPipeline: Sendable {
    fileprivate struct State {
        var limiter = LogRateLimiter()
        var queue = LogQueue()
        /// Whether taken entries are still being written.
        var isWriting = false
        var isClosed = false
        /// Set when the system gave no thread: then entries are written where they are made.
        var isDirect = false
    }

    private let state = Mutex(State())
    private let sink: any LogSink
    private let wakeup: WakeupDescriptor?
    private let origin = MonotonicInstant.now

    /// Writes to `sink` from now on, until ``close()``.
    public init(sink: any LogSink) {
        self.sink = sink
        wakeup = try? WakeupDescriptor()
        do throws(ThreadedIOError) {
            guard let wakeup else { throw ThreadedIOError("no file descriptor left for the log") }
            try OwnThread.start(named: "log", isWatched: false) { self.run(wakeup) }
        } catch {
            state.withLock { $0.isDirect = true }
        }
    }

    /// Takes an entry of that kind and level, or counts it as one of a flood.
    ///
    /// - Parameters:
    ///   - field: the values that the entry will have, by name.
    ///   - make: called only when the entry shall be written.
    func submit(
        _ event: LogEvents.LogEvent?, _ level: Logger.Level, field: (String) -> String?, make: () -> LogEntry
    ) {
        // Who asks for traces asks for all of them.
        let limit = level <= .debug ? nil : event.map { $0.limit(field) } ?? .standard
        if let limit {
            let part = limit.field.flatMap(field)
            let candidate = LogRateLimiter.Candidate(
                key: .init(event: event, part: part), limit: limit, level: level, errorKind: field("error_kind"))
            let (isAdmitted, isEarlier) = state.withLock { state in
                let due = state.limiter.nextDue
                return (state.limiter.admit(candidate, at: now), state.limiter.nextDue != due)
            }
            if isEarlier { wakeup?.signal() }
            if !isAdmitted { return }
        }
        enqueue(make(), isVital: limit == nil && level > .debug)
    }

    /// Waits until all that was taken is written, sums of floods included, but no longer than `limit`. Blocks.
    public func flush(within limit: Duration) {
        let end = MonotonicInstant.now + limit
        state.withLock { $0.queueSums($0.limiter.takeAll(at: now)) }
        wakeup?.signal()
        while state.withLock({ !$0.isDirect && ($0.isWriting || !$0.queue.isEmpty) }), .now < end {
            usleep(500)
        }
    }

    /// Ends the thread once all is written; what comes later is dropped.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeup?.signal()
    }

    private var now: Duration { origin.duration(to: .now) }

    private func enqueue(_ entry: LogEntry, isVital: Bool) {
        let (isFirst, isDirect) = state.withLock { state in
            defer { if !state.isDirect, !state.isClosed { state.queue.append(entry, isVital: isVital) } }
            return (state.queue.isEmpty, state.isDirect)
        }
        if isDirect {
            sink.write(entry)
        } else if isFirst {
            wakeup?.signal()
        }
    }

    private func run(_ wakeup: WakeupDescriptor) {
        while true {
            let (entries, due, isClosed) = state.withLock { state in
                state.queueSums(state.limiter.takeDue(at: now))
                let (entries, lost) = state.queue.takeAll()
                state.isWriting = !entries.isEmpty || lost > 0
                return (entries + Self.loss(lost), state.limiter.nextDue, state.isClosed)
            }
            for entry in entries { sink.write(entry) }
            state.withLock { $0.isWriting = false }
            guard entries.isEmpty else { continue }
            if isClosed { return }
            _ = Readiness.wait(socket: -1, [], wakeup: wakeup.descriptor, until: due.map { origin + $0 })
            wakeup.drain()
        }
    }

    private static func loss(_ count: Int) -> [LogEntry] {
        guard count > 0 else { return [] }
        return [
            LogEntry(
                .entriesLost, .warning, "\(count) log entries were lost: the log was not taken in time",
                fields: [.init("count", "\(count)")], time: Date())
        ]
    }
}

extension LogPipeline.State {
    mutating func queueSums(_ sums: [LogRateLimiter.Sum]) {
        if let entry = LogEntry(sums, time: Date()) { queue.append(entry, isVital: true) }
    }
}
