import Foundation
import LogEvents
import Logging
import Synchronization
import Testing

@testable import DaemonLogging

@Suite struct LogPipelineTests {
    /// Keeps what is written; stands still while it is told to.
    final class Sink: LogSink {
        private let kept = Mutex<[LogEntry]>([])
        private let stuck = Mutex(())

        var entries: [LogEntry] { kept.withLock { $0 } }

        func write(_ entry: LogEntry) {
            stuck.withLock { _ in }
            kept.withLock { $0.append(entry) }
        }

        func whileStuck(_ body: () -> Void) { stuck.withLock { _ in body() } }
    }

    let sink = Sink()
    let control = LoggingControl()

    private func withLogger(_ body: (Logger, LogPipeline) throws -> Void) rethrows {
        let pipeline = LogPipeline(sink: sink)
        defer { pipeline.close() }
        try body(Logger(label: "test") { _ in DaemonLogHandler(pipeline: pipeline, control: control) }, pipeline)
    }

    @Test("entries come out in order, with event, level, values and place")
    func order() throws {
        try withLogger { logger, pipeline in
            for number in 0..<100 { logger.log(.ready, .notice, "entry \(number)", metadata: ["n": "\(number)"]) }
            pipeline.flush(within: .seconds(10))
            #expect(sink.entries.map(\.message) == (0..<100).map { "entry \($0)" })
            let last = try #require(sink.entries.last)
            #expect(last.event == .ready && last.level == .notice && last.fields == [.init("n", "99")])
            #expect(last.place.file == "DaemonLoggingTests/LogPipelineTests.swift" && last.place.line > 1)
        }
    }

    @Test("a level changes while the daemon runs, except where a logger has its own")
    func levels() {
        withLogger { logger, pipeline in
            var quiet = logger
            quiet.logLevel = .error
            logger.log(.workerStarted, .debug, "no")
            control.apply(level: .debug, slowRequest: nil)
            logger.log(.workerStarted, .debug, "yes")
            quiet.log(.workerStarted, .warning, "no")
            pipeline.flush(within: .seconds(10))
            #expect(sink.entries.map(\.message) == ["yes"])
        }
    }

    @Test("a flood is two entries and a sum with the kinds of errors; what an audit needs is never left out, nor debug")
    func floods() {
        control.apply(level: .debug, slowRequest: nil)
        withLogger { logger, pipeline in
            for number in 0..<1_000 {
                logger.log(
                    .requestFailed, .warning, "failed",
                    metadata: ["error_kind": number % 4 == 0 ? "commit_unknown" : "store_unavailable"])
            }
            pipeline.flush(within: .seconds(10))
            #expect(
                sink.entries.map(\.message) == [
                    "failed", "failed",
                    "left out: request-failed: 998 more like this in the last 1 s (store_unavailable 749, commit_unknown 249)",
                ])
            #expect(sink.entries.last?.fields.contains(.init("left_out_events", "request-failed")) == true)
            for outcome in ["done", "refused"] {
                let before = sink.entries.count
                for _ in 0..<100 {
                    logger.log(.administrativeCall, .notice, "call", metadata: ["outcome": "\(outcome)"])
                }
                pipeline.flush(within: .seconds(10))
                #expect(sink.entries.count - before == (outcome == "done" ? 100 : 61))
            }
            for _ in 0..<100 { logger.log(.workerStarted, .debug, "debug") }
            pipeline.flush(within: .seconds(10))
            #expect(sink.entries.count { $0.message == "debug" } == 100)
        }
    }

    @Test("while the log is not taken nobody waits: a bounded number of entries is kept, and the others are counted")
    func stuckSink() {
        withLogger { logger, pipeline in
            sink.whileStuck {
                for _ in 0..<10_000 { logger.log(.ready, .notice, "entry") }
            }
            pipeline.flush(within: .seconds(10))
            let losses = sink.entries.filter { $0.event == .entriesLost }
            let lost = losses.compactMap { $0.fields.first.flatMap { Int($0.value) } }.reduce(0, +)
            let written = sink.entries.count - losses.count
            #expect(written + lost == 10_000 && lost > 0 && written <= 2 * 2 * LogQueue().maximumEntries)
        }
    }

    @Test("waiting for a log that is not taken has an end")
    func boundedFlush() {
        withLogger { logger, pipeline in
            sink.whileStuck {
                logger.log(.ready, .notice, "entry")
                pipeline.flush(within: .milliseconds(20))
                #expect(sink.entries.isEmpty)
            }
        }
    }
}
