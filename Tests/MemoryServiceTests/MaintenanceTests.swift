import MemoryModel
import MemoryService
import MonotonicClock
import StrictJSON
import Testing
import WireProtocol

/// Workers and backups that are what a test says.
struct ScriptedMaintenance: MaintenanceControl {
    var workers = [
        WorkerReport(
            name: "sweeper", schedule: "every 1m", state: .waiting, lastRunAt: ServiceFixture.now,
            lastResult: "ok: removed 3", lastDuration: .milliseconds(5), successes: 2)
    ]

    func run(_ worker: String, deadline: MonotonicInstant) async throws(StoreError) -> WorkerStart {
        guard worker == "sweeper" else { throw .invalid("name", "name must be that of a worker, got \(worker)") }
        return WorkerStart(name: worker, startedAt: ServiceFixture.now)
    }

    func backups(deadline: MonotonicInstant) async throws(StoreError) -> BackupReport {
        BackupReport(directory: "/b", backups: [], wal: nil)
    }

    func verifyBackups(_ id: String?, deadline: MonotonicInstant) async throws(StoreError) -> BackupReport {
        BackupReport(directory: "/b", backups: [], wal: nil)
    }
}

@Suite("The daemon's own work, asked about")
struct MaintenanceTests {
    private static let administrator = Caller.bound(read: ["a"], write: ["a"], isAdministrator: true)

    @Test("health tells of each worker three things, and is degraded by a problem")
    func health() async throws {
        var maintenance = ScriptedMaintenance()
        let well = try await ServiceFixture(maintenance: maintenance).result(.getHealth)
        #expect(well["status"]?.string == "ok")
        #expect(
            well["workers"]?.compacted().description
                == #"{"sweeper":{"lastRunAt":"\#(ServiceFixture.now)","lastResult":"ok: removed 3","nextRunAt":null}}"#)
        maintenance.workers[0].problem = "it is too old"
        let ill = try await ServiceFixture(maintenance: maintenance).result(.getHealth)
        #expect(ill["status"]?.string == "degraded")
        #expect(ill["workers"]?["sweeper"]?["lastResult"]?.string == "degraded: it is too old")
    }

    @Test("a run begins, an unknown worker is refused, and without workers nothing is supported")
    func runs() async throws {
        let fixture = ServiceFixture(maintenance: ScriptedMaintenance())
        let start = try await fixture.result(.runWorker, #"{"name":"sweeper"}"#, as: Self.administrator)
        #expect(start["startedAt"]?.string == ServiceFixture.now.description)
        #expect(try await fixture.kind(.runWorker, #"{"name":"x"}"#, as: Self.administrator) == .invalidParams)
        let without = ServiceFixture()
        #expect(try await without.result(.getWorkers)["workers"]?.compacted().description == "[]")
        for (method, params) in [
            (ProtocolMethod.runWorker, #"{"name":"x"}"#), (.listBackups, "{}"), (.verifyBackup, "{}"),
            (.getMetrics, "{}"),
        ] {
            #expect(try await without.kind(method, params, as: Self.administrator) == .unsupported)
        }
    }

    @Test("a history has buckets of whole minutes, about a hundred", arguments: [(1, 60), (24, 900), (744, 27_900)])
    func history(hours: Int, seconds: Int64) async throws {
        let result = try await ServiceFixture().result(.getCacheHistory, #"{"hours":\#(hours)}"#)
        #expect(result["bucketSeconds"]?.int64 == seconds)
    }
}
