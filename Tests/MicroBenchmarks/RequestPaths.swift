import MemoryModel
import MemoryService
import MonotonicClock
import NIOCore
import TestSupport
import WireProtocol

/// From a payload to an answer's frame, without a socket, PostgreSQL or Redis: what of a request is the daemon's own.
enum RequestPaths {
    private static let caller = Caller(
        peer: Peer(uid: 1_000, gid: 1_000, pid: 1), readable: .all, writable: .all, isAdministrator: false)

    static func all() throws -> [HotPath] {
        let processor = try processor()
        // Each read is of what was stored here, and but for the first time from the cache.
        return [
            path("request-store", Samples.store, processor), path("request-get-cached", Samples.get, processor),
            path("request-query-cached", Samples.query, processor), recall("recall-get", Samples.get, processor),
        ]
    }

    /// As a connection answers a plain `get` of what is known to the daemon itself, on its event loop.
    private static func recall(_ name: String, _ payload: [UInt8], _ processor: RequestProcessor) -> HotPath {
        HotPath(name) {
            var buffer = ByteBuffer()
            try payload.withUnsafeBytes { payload in
                guard let request = PlainGet(scanning: payload),
                    processor.recall(request, in: payload, for: caller, receivedAt: .now, appendingTo: &buffer) != nil
                else { throw WrongResult("not recalled") }
            }
            blackHole(buffer)
        }
    }

    private static func path(_ name: String, _ payload: [UInt8], _ processor: RequestProcessor) -> HotPath {
        HotPath(name, times: { count in for _ in 0..<count { try await answer(payload, with: processor) } })
    }

    private static func processor() throws -> RequestProcessor {
        guard let now = Timestamp(microseconds: 1_800_000_000_000_000) else { throw WrongResult("no instant") }
        let environment = ServiceEnvironment(
            now: { now }, startedAt: .now, version: "0", limits: [:], statisticsMaximumAge: .seconds(60))
        return RequestProcessor(
            service: MemoryService(
                repository: InMemoryRepository(now: { now }), cache: DictionaryCache(recalls: true),
                reads: CacheReadCounter(), environment: environment),
            observer: NobodyObserver(), standardDeadlineMilliseconds: 5_000)
    }

    /// As a connection does it.
    private static func answer(_ payload: [UInt8], with processor: RequestProcessor) async throws {
        guard case .run(let request) = processor.prepare(payload, from: caller.peer, receivedAt: .now) else {
            throw WrongResult("refused")
        }
        let outcome = await processor.run(request, for: caller)
        processor.report(request, of: caller, outcome)
        if let error = outcome.error { throw WrongResult(error.message) }
        blackHole(outcome.frame)
    }
}

/// Is told everything and keeps nothing.
private struct NobodyObserver: Observer {
    func observe(_ observation: Observation) {}
}
