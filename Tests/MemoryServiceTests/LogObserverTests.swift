import LogEvents
import Logging
import MemoryModel
import MemoryService
import Synchronization
import Testing
import WireProtocol

@Suite struct LogObserverTests {
    /// Keeps what is logged.
    final class Recorder: Sendable {
        struct Entry: Sendable {
            var level: Logger.Level
            var message: String
            var values: [String: String]
        }

        private let kept = Mutex<[Entry]>([])

        var entries: [Entry] { kept.withLock { $0 } }

        struct Handler: LogHandler {
            let recorder: Recorder
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: Logging.LogEvent) {
                let values = (event.metadata ?? [:]).mapValues(\.description)
                recorder.kept.withLock {
                    $0.append(Entry(level: event.level, message: event.message.description, values: values))
                }
            }
        }

        func observer(_ control: LoggingControl) -> LogObserver {
            LogObserver(logger: Logger(label: "test") { _ in Handler(recorder: self) }, control: control)
        }
    }

    /// What became of one request, and the entries that it makes: "event level", in order.
    struct Case: Sendable, CustomTestStringConvertible {
        var error: ErrorKind?
        var isAdministrative = false
        var milliseconds = 1
        var entries: [String]

        var testDescription: String { "\(error?.rawValue ?? "ok") \(isAdministrative) \(milliseconds) ms" }
    }

    static let cases: [Case] = [
        .init(entries: ["request-answered trace"]),
        .init(milliseconds: 51, entries: ["slow-request warning"]),
        .init(error: .invalidParams, entries: ["request-rejected debug"]),
        .init(error: .versionConflict, milliseconds: 51, entries: ["slow-request warning"]),
        .init(error: .busy, entries: ["request-busy notice"]),
        .init(error: .storeUnavailable, milliseconds: 51, entries: ["request-failed warning"]),
        .init(error: .commitUnknown, entries: ["request-failed warning"]),
        .init(error: .internalError, entries: ["internal-error error"]),
        .init(error: .permissionDenied, entries: ["access-denied notice"]),
        .init(isAdministrative: true, entries: ["administrative-call notice", "request-answered trace"]),
        .init(error: .permissionDenied, isAdministrative: true, entries: ["administrative-call notice"]),
        .init(
            error: .deadlineExceeded, isAdministrative: true,
            entries: ["administrative-call notice", "request-failed warning"]),
    ]

    @Test("each request is told of once, at the level it deserves", arguments: cases)
    func requests(_ example: Case) throws {
        let recorder = Recorder()
        let observer = recorder.observer(LoggingControl(slowRequest: .milliseconds(50)))
        let id = RequestID()
        observer.observe(
            .requestFinished(
                .init(
                    requestID: id, method: .store, agent: AgentID("alice"),
                    isAdministrative: example.isAdministrative, peer: Peer(uid: 7, gid: 8, pid: 9),
                    duration: .milliseconds(example.milliseconds),
                    error: example.error.map { StoreError($0, "why", detail: "more", sqlState: "57014") })))
        #expect(recorder.entries.map { "\($0.values["event"] ?? "none") \($0.level)" } == example.entries)
        for entry in recorder.entries {
            var expected = [
                "event": entry.values["event"], "request_id": id.description, "method": "store", "agent_id": "alice",
                "peer_uid": "7", "peer_gid": "8", "peer_pid": "9", "duration_usec": "\(example.milliseconds * 1_000)",
            ]
            if let kind = example.error {
                expected.merge(
                    ["error_kind": kind.rawValue, "error": "why", "detail": "more", "sqlstate": "57014"]
                ) { $1 }
            }
            expected["outcome"] = entry.values["outcome"]
            #expect(entry.values == expected.compactMapValues { $0 })
            #expect(entry.message.contains("store") && entry.message.contains("uid 7"), "\(entry.message)")
            if entry.values["event"] == "administrative-call" {
                let outcome = [nil: "done", .permissionDenied: "refused"][example.error] ?? "failed"
                #expect(entry.values["outcome"] == outcome)
            }
        }
    }

    @Test("slow requests are told of from another limit on after a change, or not at all")
    func slow() throws {
        let recorder = Recorder()
        let control = LoggingControl()
        let observer = recorder.observer(control)
        func slowEntries(_ limit: Duration?) throws -> Int {
            let before = recorder.entries.count { $0.values["event"] == "slow-request" }
            control.apply(level: .trace, slowRequest: limit)
            observer.observe(
                .requestFinished(
                    .init(
                        requestID: RequestID(), method: .query, agent: nil, peer: Peer(uid: 7, gid: 8, pid: 9),
                        duration: .milliseconds(2_345), error: nil)))
            return recorder.entries.count { $0.values["event"] == "slow-request" } - before
        }
        #expect(try slowEntries(nil) == 0)
        #expect(try slowEntries(.seconds(2)) == 1)
        #expect(
            recorder.entries.last?.message
                == "slow request: query by uid 7 took 2.34 s, over log.slow_request_ms of 2.00 s")
        #expect(try slowEntries(.seconds(3)) == 0)
    }
}
