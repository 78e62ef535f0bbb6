import Foundation
import Glibc
import LogEvents
import Logging
import ManagedPostgres
import MonotonicClock
import PostgresDriver
import ProcessSupervision
import Synchronization

/// Archives a server's WAL as it is written: keeps `pg_receivewal` running, whatever happens to it or to the server, and
/// knows how far it is.
///
/// One stream at a time writes into an archive: the caller sees to that. What a killed daemon has left is ended first.
///
/// With `synchronous_standby_names` set to the stream's name, no write is acknowledged before it is on the archive's disk:
/// nothing acknowledged can then be lost with the server. The price is that writes wait while the stream is down.
package final class WALStream: Sendable {
    private let configuration: WALStreamConfiguration
    private let logger: Logger
    private let onBreak: @Sendable (WALBreak) -> Void
    private let queue = BlockingQueue(label: "brain-memoryd.wal-stream")
    private let guarded = Mutex(State())
    private let completed: AsyncStream<String>
    private let completion: AsyncStream<String>.Continuation

    /// A receiver that must be started again so soon after it has begun has received nothing: it says that it begins before
    /// the server agrees and before there is room for the first segment. Longer than the longest wait between two starts.
    private static let briefLife = Duration.seconds(10)

    private struct State: Sendable {
        var status = WALStreamStatus()
        var supervisor: SupervisedProcess?
        var watch: Task<Void, Never>?
        var sums: Task<Void, Never>?
        var lastLines: [String] = []
        var isReceiving = false
        /// When the receiver last said that it begins, and since when none had received until then.
        var lastBegin: (instant: MonotonicInstant, downSince: Date?)?
        var isStopWanted = false

        /// Since when the stream was down before the receiver that began last; nil when it was not, or that one began long
        /// ago.
        var downSinceBeforeBegin: Date? {
            lastBegin.flatMap { $0.instant + WALStream.briefLife > .now ? $0.downSince : nil }
        }
    }

    /// Does nothing yet: see ``start()``.
    ///
    /// - Parameter onBreak: called when the archived log does not go on where it had ended; a base backup is due then.
    package init(
        configuration: WALStreamConfiguration, logger: Logger, onBreak: @escaping @Sendable (WALBreak) -> Void
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onBreak = onBreak
        // One round of sums takes all that is complete, so more than one waiting says nothing new.
        (completed, completion) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Where the stream stands now.
    package var status: WALStreamStatus {
        guarded.withLock { state in
            var status = state.status
            guard let snapshot = state.supervisor?.snapshot else { return status }
            status.restarts = snapshot.status.restarts
            status.lastExit = snapshot.lastExit
            status.phase =
                switch snapshot.status.phase {
                case .idle, .starting: snapshot.status.restarts > 0 ? .down : .starting
                case .ready: .streaming
                case .waitingToRestart: .down
                case .stopping: .stopping
                case .stopped: .stopped
                }
            // Between the end of a receiver that was of no use and the next start.
            if status.phase != .streaming { status.downSince = status.downSince ?? state.downSinceBeforeBegin }
            return status
        }
    }

    /// Begins to receive, and returns at once: when the server can't be reached, or is not what it was, that is told by
    /// ``status`` and tried again for ever. Calling it twice does nothing.
    ///
    /// - Throws: when PostgreSQL's programs are not installed.
    package func start() async throws {
        let programs = try await PostgresPrograms.find(
            configured: configuration.programsDirectory, clusterVersion: nil, cluster: "", identity: .own, queue: queue)
        let supervisor = supervisor(programs)
        let isFirst = guarded.withLock { state in
            guard state.supervisor == nil, !state.isStopWanted else { return false }
            state.supervisor = supervisor
            state.status.downSince = Date()
            state.watch = Task { await self.watch() }
            state.sums = Task { await self.addSums() }
            return true
        }
        if isFirst { await supervisor.start() }
    }

    /// Ends the receiver and returns when it has ended: within ten seconds, or half a minute when it was just being started
    /// and the server does not answer. Can be called at any time and more than once.
    package func stop() async {
        let (supervisor, watch, sums) = guarded.withLock { state in
            state.isStopWanted = true
            return (state.supervisor, state.watch, state.sums)
        }
        watch?.cancel()
        await supervisor?.stop()
        completion.finish()
        await sums?.value
        await watch?.value
    }

    private func supervisor(_ programs: PostgresPrograms) -> SupervisedProcess {
        let start = WALStreamStart(configuration: configuration, programs: programs, queue: queue)
        let policy = SupervisionPolicy(stopSteps: [
            .init(signal: SIGINT, bound: WALStreamConfiguration.stopBound),
            .init(signal: SIGKILL, bound: WALStreamConfiguration.killBound),
        ])
        let program = SupervisedProcess.Program(
            name: "pg_receivewal", prepare: { try await self.prepare(start) },
            isReady: { _ in self.guarded.withLock { $0.isReceiving } }, onLine: { self.take($0) })
        return SupervisedProcess(program: program, policy: policy, logger: logger)
    }

    private func prepare(_ start: WALStreamStart) async throws -> ChildCommand {
        let lines = guarded.withLock { state in
            state.isReceiving = false
            state.status.downSince = state.status.downSince ?? state.downSinceBeforeBegin ?? Date()
            return state.lastLines
        }
        let prepared = try await start.prepare(lastLines: lines)
        guarded.withLock { state in
            state.lastLines = []
            state.status.folder = prepared.path
            state.status.systemIdentifier = prepared.folder.systemIdentifier
            state.status.timeline = prepared.folder.timeline
            if let found = prepared.found { state.status.lastBreak = found }
        }
        completion.yield(prepared.path)
        if let found = prepared.found {
            logger.log(
                .walArchiveBroken, found.reason == .first ? .notice : .warning, "WAL archive: \(found)",
                metadata: ["folder": "\(prepared.path)"])
            onBreak(found)
        }
        return prepared.command
    }

    /// `pg_receivewal --verbose` says when it begins to receive, and when a segment is complete.
    private func take(_ line: String) {
        let folder = guarded.withLock { state -> String? in
            if state.lastLines.count == 12 { state.lastLines.removeFirst() }
            state.lastLines.append(line)
            if line.contains("starting log streaming at") {
                state.isReceiving = true
                state.lastBegin = (.now, state.status.downSince)
                state.status.downSince = nil
            }
            return line.contains("finished segment at") ? state.status.folder : nil
        }
        if let folder { completion.yield(folder) }
        logger.log(.walReceiverOutput, .debug, "pg_receivewal: \(line)")
    }

    /// Notes the SHA-256 of segments as they are complete.
    private func addSums() async {
        for await folder in completed {
            do {
                let count = try await WALChecksums.update(in: folder, queue: queue)
                guard count > 0 else { continue }
                logger.log(
                    .walSummed, .debug, "noted checksums of \(count) files of WAL", metadata: ["files": "\(count)"])
            } catch {
                logger.log(
                    .walSumsFailed, .error, "can't note checksums of WAL in \(folder): \(error)",
                    metadata: ["folder": "\(folder)", "error": "\(error)"])
            }
        }
    }

    /// Asks the server how far the stream is, at an interval, until the stream is stopped.
    private func watch() async {
        let watch = WALStreamWatch(configuration: configuration, logger: logger)
        var lag = WALLag()
        var lastConnected = MonotonicInstant.now
        while !Task.isCancelled {
            let result = await watch.look()
            let supervisor = guarded.withLock { $0.supervisor }
            // Without the server's answer nothing is known, and without a child nothing is to be ended.
            let isIdle = (try? result.get())?.isConnected == false && supervisor?.snapshot.status.pid != nil
            if !isIdle { lastConnected = .now }
            if isIdle, lastConnected + configuration.disconnectedLimit < .now {
                await supervisor?.killChild()
                lastConnected = .now
            }
            let isCalm = guarded.withLock { state in
                switch result {
                case .success(let sight): state.status.take(sight, &lag, now: SupervisedProcess.elapsed())
                case .failure(let problem):
                    state.status.watchProblem = problem.description
                    (state.status.lagBytes, state.status.lagSeconds, state.status.isSynchronous) = (nil, nil, nil)
                }
                return (try? result.get())?.isConnected == true
            }
            try? await Task.sleep(for: isCalm ? configuration.calmWatchInterval : configuration.watchInterval)
        }
        await watch.end()
    }
}
