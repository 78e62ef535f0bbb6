import Maintenance
import PrometheusMetrics
import WireProtocol

/// What the daemon does by itself.
extension SampledFamilies {
    mutating func workers(_ reports: [WorkerReport]) {
        func gauge(_ name: String, _ help: String, _ value: (WorkerReport) -> Double?) {
            self.gauge(name, help, by: "worker", reports.map { ($0.name, value($0)) })
        }
        gauge("worker_running", "Whether the worker is at work, in any daemon.") { Double($0.state == .running) }
        gauge("worker_problem", "Whether something is amiss with the worker.") { Double($0.problem != nil) }
        gauge("worker_last_run_timestamp_seconds", "When its last run began, since 1970.") {
            $0.lastRunAt?.unixSeconds
        }
        gauge("worker_last_run_success", "Whether the last run that ended did what it should.") {
            $0.lastResult.map { Double($0.hasPrefix("ok")) }
        }
        gauge("worker_last_run_duration_seconds", "How long that took.") { $0.lastDuration?.seconds }
        gauge("worker_next_run_timestamp_seconds", "When it runs next, since 1970.") { $0.nextRunAt?.unixSeconds }
        add(
            "worker_runs_total", .counter, "Runs that ended, over all daemons on the database, by result.",
            reports.flatMap { report in
                [("success", report.successes), ("failure", report.failures)].map { result, count in
                    MetricFamily.Series(
                        [.init("worker", report.name), .init("result", result)], .number(Double(count)))
                }
            })
    }

    mutating func backups(_ figures: BackupFigures) {
        if let kinds = figures.kinds {
            func gauge(_ name: String, _ help: String, _ value: (BackupFigures.Kind) -> Double?) {
                self.gauge(name, help, by: "kind", kinds.map { ($0.name, value($0)) })
            }
            add(
                "backups", .gauge, "Backups there are, by kind and whether they can be relied on.",
                kinds.flatMap { kind in
                    [("good", kind.good), ("bad", kind.bad)].map { state, count in
                        MetricFamily.Series(
                            [.init("kind", kind.name), .init("state", state)], .number(Double(count)))
                    }
                })
            gauge("backup_newest_timestamp_seconds", "As of when the newest good backup is, since 1970.") {
                $0.newest?.createdAt.unixSeconds
            }
            gauge("backup_newest_bytes", "Its size.") { Double($0.newest?.bytes) }
        }
        guard let wal = figures.wal else { return }
        gauge("wal_streaming", "Whether WAL is received, in the daemon that has that work.", Double(wal.isStreaming))
        gauge("wal_lag_bytes", "WAL that PostgreSQL has written and that was not received yet.", Double(wal.lagBytes))
        gauge("wal_lag_seconds", "For how long there has been such WAL.", wal.lagSeconds)
        gauge("wal_received_position_bytes", "Up to where WAL is received.", Double(wal.receivedPosition))
        counter("wal_restarts_total", "Times that the receiver of WAL was started again.", Double(wal.restarts))
    }
}
