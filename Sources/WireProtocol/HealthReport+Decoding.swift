import MemoryModel
public import StrictJSON

extension HealthReport {
    /// Reads what `getHealth` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        var limits: [String: Int64] = [:]
        for member in try reader.value("limits").members { limits[member.name] = member.value.int64 }
        var workers: [String: Worker] = [:]
        for member in try reader.value("workers").members {
            let worker = try AnswerReader(member.value, path: "workers")
            workers[member.name] = Worker(
                lastRunAt: try worker.optionalString("lastRunAt"), lastResult: try worker.optionalString("lastResult"),
                nextRunAt: try worker.optionalString("nextRunAt"))
        }
        self.init(
            status: try Status(reader), version: try reader.string("version"), limits: limits,
            uptimeSeconds: try reader.double("uptimeSeconds"), store: try Part(try reader.object("store")),
            cache: try Part(try reader.object("cache")), workers: workers)
    }
}

extension HealthReport.Status {
    fileprivate init(_ reader: AnswerReader) throws(AnswerFault) {
        self = try AnswerReader.expect(Self(rawValue: try reader.string("status")), "a known status", "status")
    }
}

extension HealthReport.Part {
    fileprivate init(_ reader: AnswerReader) throws(AnswerFault) {
        self.init(
            status: try HealthReport.Status(reader),
            latencyMilliseconds: try reader.optional("latencyMs").map { _ throws(AnswerFault) in
                try reader.double("latencyMs")
            },
            reason: try reader.optionalString("reason"),
            counters: try reader.optional("hits").map { _ throws(AnswerFault) in
                CacheCounters(hits: try reader.integer("hits"), misses: try reader.integer("misses"))
            })
    }
}
