import DaemonFixture
import Testing

/// A client that does nothing wrong, beside those that do: whether its calls are answered rightly and soon, and how much
/// memory the daemon takes meanwhile.
struct Citizen: Sendable {
    /// What it saw.
    struct Report: Sendable, CustomStringConvertible {
        var calls = 0
        var slowest = Duration.zero
        var total = Duration.zero
        var peakBytes = 0
        var wrong: [String] = []

        var description: String {
            "a good client's \(calls) calls took \(calls > 0 ? total / calls : .zero) each, \(slowest) at most; "
                + "daemon \(peakBytes) bytes at most"
        }

        /// Every answer right, none much later than on an idle machine with its two cores busy.
        func expectUnharmed(within limit: Duration = .seconds(1)) {
            #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
            #expect(calls > 20)
            #expect(slowest < limit)
        }
    }

    private let client: WireClient
    private let daemon: DaemonProcess

    init(_ daemon: DaemonProcess) async throws {
        self.daemon = daemon
        client = try await daemon.connect()
        _ = try await client.call("ping").success()
    }

    /// Stores, reads and counts until the task is cancelled.
    func run() async -> Report {
        var report = Report()
        while !Task.isCancelled {
            do {
                try await round(&report)
            } catch {
                report.wrong.append("\(error)")
                break
            }
        }
        return report
    }

    private func round(_ report: inout Report) async throws {
        let number = report.calls
        let id = "citizen-\(number % 50)"
        let record = JSONValue.record(id, agent: "citizen", context: ["call": .int(number)], tags: ["good"])
        let calls: [(method: String, params: JSONValue, isRight: @Sendable (JSONValue) -> Bool)] = [
            ("ping", [:], { $0 == [:] }),
            ("store", ["record": record], { $0["id"] == .string(id) }),
            ("get", ["id": .string(id)], { $0["memory"]?["context"] == ["call": .int(number)] }),
            ("query", ["agentId": "citizen", "limit": 1], { $0["memories"]?[0]?["id"] == .string(id) }),
            // On a machine this busy its look at PostgreSQL may run out of its 60 ms; it must answer all the same.
            ("getHealth", [:], { $0["status"] != nil }),
        ]
        for call in calls {
            let answer = try await client.call(call.method, call.params)
            let elapsed = answer.elapsed ?? .zero
            report.calls += 1
            report.total += elapsed
            report.slowest = max(report.slowest, elapsed)
            if answer.result.map(call.isRight) != true { report.wrong.append("\(call.method): \(answer)") }
        }
        report.peakBytes = max(report.peakBytes, daemon.residentBytes ?? .max)
    }
}
