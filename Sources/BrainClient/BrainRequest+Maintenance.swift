public import MemoryModel
import StrictJSON
public import WireProtocol

// The methods about the daemon's own work; `BrainClient` documents what they do.

extension BrainRequest where Answer == [WorkerReport] {
    /// `getWorkers`.
    public static var getWorkers: BrainRequest {
        BrainRequest(.getWorkers) { view throws(AnswerFault) in try WorkerReport.list(answer: view) }
    }
}

extension BrainRequest where Answer == WorkerStart {
    /// `runWorker`.
    public static func runWorker(_ name: String) -> BrainRequest {
        BrainRequest(.runWorker, params: .params { $0.member("name", name) }) {
            view throws(AnswerFault) in try WorkerStart(answer: view)
        }
    }
}

extension BrainRequest where Answer == CacheHistory {
    /// `getCacheHistory`.
    public static func getCacheHistory(hours: Int? = nil) -> BrainRequest {
        BrainRequest(.getCacheHistory, params: .params { $0.member("hours", hours) }) {
            view throws(AnswerFault) in try CacheHistory(answer: view)
        }
    }
}

extension BrainRequest where Answer == BackupReport {
    /// `listBackups`.
    public static var listBackups: BrainRequest {
        BrainRequest(.listBackups) { view throws(AnswerFault) in try BackupReport(answer: view) }
    }

    /// `verifyBackup`.
    public static func verifyBackup(_ id: String? = nil) -> BrainRequest {
        BrainRequest(.verifyBackup, params: .params { $0.member("id", id) }) {
            view throws(AnswerFault) in try BackupReport(answer: view)
        }
    }
}

extension BrainRequest where Answer == MetricsReport {
    /// `getMetrics`.
    public static var getMetrics: BrainRequest {
        BrainRequest(.getMetrics) { view throws(AnswerFault) in try MetricsReport(answer: view) }
    }
}
