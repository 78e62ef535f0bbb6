public import MemoryModel
public import StrictJSON

extension WorkerReport {
    /// Reads what `getWorkers` answers.
    public static func list(answer view: JSONView) throws(AnswerFault) -> [WorkerReport] {
        try AnswerReader(view, path: "result").array("workers").map { element throws(AnswerFault) in
            let reader = try AnswerReader(element, path: "workers")
            let state = try AnswerReader.expect(
                State(rawValue: try reader.string("state")), "waiting, running or off", "workers.state")
            var report = WorkerReport(
                name: try reader.string("name"), schedule: try reader.string("schedule"), state: state,
                lastRunAt: try reader.optionalTimestamp("lastRunAt"),
                lastResult: try reader.optionalString("lastResult"),
                nextRunAt: try reader.optionalTimestamp("nextRunAt"), successes: try reader.integer("successes"),
                failures: try reader.integer("failures"), problem: try reader.optionalString("problem"))
            if reader.optional("lastDurationMs") != nil {
                report.lastDuration = .milliseconds(1) * (try reader.double("lastDurationMs"))
            }
            return report
        }
    }
}

extension WorkerStart {
    /// Reads what `runWorker` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        self.init(name: try reader.string("name"), startedAt: try reader.timestamp("startedAt"))
    }
}

extension CacheHistory {
    /// Reads what `getCacheHistory` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        let buckets = try reader.array("buckets").map { element throws(AnswerFault) in
            let bucket = try AnswerReader(element, path: "buckets")
            return Bucket(
                start: try bucket.timestamp("start"),
                counters: CacheCounters(hits: try bucket.integer("hits"), misses: try bucket.integer("misses")))
        }
        self.init(bucketSeconds: try reader.integer("bucketSeconds"), buckets: buckets)
    }
}

extension MetricsReport {
    /// Reads what `getMetrics` answers.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        let agents = try reader.array("agents").map { element throws(AnswerFault) in
            let activity = try AnswerReader(element, path: "agents")
            return AgentActivity(
                agentID: try activity.agentID("agentId"), requests: try activity.double("requests"),
                errors: try activity.double("errors"))
        }
        self.init(text: try reader.string("text"), agents: agents)
    }
}

extension BackupReport {
    /// Reads what `listBackups` and `verifyBackup` answer.
    public init(answer view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "result")
        let backups = try reader.array("backups").map { element throws(AnswerFault) in try Backup(element) }
        self.init(
            directory: try reader.string("directory"), backups: backups,
            wal: try reader.optionalObject("wal").map { wal throws(AnswerFault) in try WAL(wal) })
    }
}

extension BackupReport.Backup {
    fileprivate init(_ view: JSONView) throws(AnswerFault) {
        let reader = try AnswerReader(view, path: "backups")
        self.init(
            id: try reader.string("id"), kind: try reader.string("kind"),
            createdAt: try reader.optionalTimestamp("createdAt"), bytes: try reader.integer("bytes"),
            memories: try reader.optionalInteger("memories"), provenAt: try reader.optionalTimestamp("provenAt"),
            problems: try reader.array("problems").map { problem throws(AnswerFault) in
                try AnswerReader.expect(problem.string, "strings", "backups.problems")
            })
    }
}

extension BackupReport.WAL {
    fileprivate init(_ reader: AnswerReader) throws(AnswerFault) {
        self.init(
            status: try AnswerReader.expect(
                HealthReport.Status(rawValue: try reader.string("status")), "a status", "wal.status"),
            isStrict: try reader.boolean("strict"), reason: try reader.optionalString("reason"),
            from: try reader.optionalTimestamp("from"), until: try reader.optionalTimestamp("until"),
            lagBytes: try reader.optionalInteger("lagBytes"), bytes: try reader.integer("bytes"))
    }
}
