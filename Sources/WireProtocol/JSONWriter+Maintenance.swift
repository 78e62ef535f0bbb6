import MemoryModel
import StrictJSON

/// The results of the methods about the daemon's own work.
extension JSONWriter {
    mutating func workers(_ reports: [WorkerReport]) {
        array("workers", reports) { writer, report in
            writer.beginObject()
            writer.key("name")
            writer.string(report.name)
            writer.key("schedule")
            writer.string(report.schedule)
            writer.key("state")
            writer.string(report.state.rawValue)
            writer.key("lastRunAt")
            writer.optionalString(report.lastRunAt?.description)
            writer.key("lastResult")
            writer.optionalString(report.lastResult)
            writer.key("lastDurationMs")
            if let duration = report.lastDuration { writer.double(duration / .milliseconds(1)) } else { writer.null() }
            writer.key("nextRunAt")
            writer.optionalString(report.nextRunAt?.description)
            writer.integerMember("successes", report.successes)
            writer.integerMember("failures", report.failures)
            writer.key("problem")
            writer.optionalString(report.problem)
            writer.endObject()
        }
    }

    mutating func metrics(_ report: MetricsReport) {
        key("text")
        string(report.text)
        array("agents", report.agents) { writer, activity in
            writer.beginObject()
            writer.key("agentId")
            writer.string(activity.agentID.value)
            writer.key("requests")
            writer.double(activity.requests)
            writer.key("errors")
            writer.double(activity.errors)
            writer.endObject()
        }
    }

    mutating func cacheHistory(_ history: CacheHistory) {
        integerMember("bucketSeconds", history.bucketSeconds)
        array("buckets", history.buckets) { writer, bucket in
            writer.beginObject()
            writer.member("start", bucket.start)
            writer.counterMembers(bucket.counters)
            writer.endObject()
        }
    }

    mutating func backups(_ report: BackupReport) {
        key("directory")
        string(report.directory)
        array("backups", report.backups) { $0.backup($1) }
        key("wal")
        if let wal = report.wal { self.wal(wal) } else { null() }
    }

    private mutating func backup(_ backup: BackupReport.Backup) {
        beginObject()
        key("id")
        string(backup.id)
        key("kind")
        string(backup.kind)
        key("good")
        boolean(backup.isGood)
        array("problems", backup.problems) { $0.string($1) }
        key("createdAt")
        optionalString(backup.createdAt?.description)
        key("provenAt")
        optionalString(backup.provenAt?.description)
        integerMember("bytes", backup.bytes)
        key("memories")
        optionalInteger(backup.memories)
        endObject()
    }

    private mutating func wal(_ wal: BackupReport.WAL) {
        beginObject()
        key("status")
        string(wal.status.rawValue)
        key("strict")
        boolean(wal.isStrict)
        if let reason = wal.reason {
            key("reason")
            string(reason)
        }
        key("from")
        optionalString(wal.from?.description)
        key("until")
        optionalString(wal.until?.description)
        key("lagBytes")
        optionalInteger(wal.lagBytes)
        integerMember("bytes", wal.bytes)
        endObject()
    }

    private mutating func optionalInteger(_ value: Int64?) {
        if let value { integer(value) } else { null() }
    }
}
