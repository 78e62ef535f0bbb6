import MemoryModel
import MonotonicClock
import Synchronization

/// Keeps the daemon's state in one line current: some seconds after something happened, and never while nothing does, so
/// that an idle daemon sleeps.
public final class StatusReporter: Observer {
    private struct State {
        var source: (@Sendable (MemoryStatistics?) async -> ServiceFigures)?
        var tell: (@Sendable (String) -> Void)?
        var last: (figures: ServiceFigures, at: MonotonicInstant)?
        var areStatisticsStale = true
        var statisticsReadAt: MonotonicInstant?
        var notice: String?
        var isEnded = false
    }

    private let interval: Duration
    private let requests = Atomic(0)
    private let isScheduled = Atomic(false)
    private let state = Mutex(State())

    /// How old the numbers of memories may be though nothing says that they have changed: workers of another daemon on the
    /// same database may have refreshed them.
    private static let statisticsAge = Duration.seconds(60)

    /// Tells at most once in `interval`.
    public init(interval: Duration = .seconds(5)) {
        self.interval = interval
    }

    /// Reads figures from `source` (which need not read statistics that it is given), and tells `tell` the line: now, and
    /// whenever it may have changed.
    public func begin(
        reading source: @escaping @Sendable (MemoryStatistics?) async -> ServiceFigures,
        telling tell: @escaping @Sendable (String) -> Void
    ) {
        state.withLock { state in
            state.source = source
            state.tell = tell
        }
        Task { _ = await update() }
    }

    /// What an operator should know besides, until it is replaced; nil: nothing.
    public func note(_ notice: String?) {
        state.withLock { $0.notice = notice }
        schedule()
    }

    /// Tells no more.
    public func end() { state.withLock { $0.isEnded = true } }

    /// Something happened.
    public func observe(_ observation: Observation) {
        switch observation {
        case .requestFinished(let summary): return requestFinished(summary)
        case .workerFinished(let summary):
            if !summary.isRoutine || summary.name == "stats-refresh" {
                state.withLock { $0.areStatisticsStale = true }
            }
        case .cacheChanged, .workersUnreachable: break
        case .requestRefused, .connectionOpened, .connectionClosed, .connectionRefused, .userLimited, .userRelieved,
            .frameTimedOut, .frameTooLarge, .acceptFailed, .workerStarted:
            return
        }
        schedule()
    }

    /// A request was answered.
    public func requestFinished(_: Observation.RequestSummary) {
        requests.add(1, ordering: .relaxed)
        schedule()
    }

    private func schedule() {
        guard !isScheduled.load(ordering: .relaxed),
            !isScheduled.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        Task {
            // The line may be about what happens in this interval; so once more when it has seen a request.
            repeat { try? await Task.sleep(for: interval) } while await update() > 0
            isScheduled.store(false, ordering: .releasing)
        }
    }

    /// - Returns: how many requests were answered since the last one.
    private func update() async -> Int {
        let (source, known) = state.withLock { state in
            (state.isEnded ? nil : state.source, Self.knownStatistics(&state))
        }
        guard let source else { return 0 }
        let count = requests.exchange(0, ordering: .relaxed)
        let figures = await source(known)
        let (tell, line) = state.withLock { state in
            let now = MonotonicInstant.now
            let span = (state.last?.at ?? now).duration(to: now)
            if known == nil { state.statisticsReadAt = now }
            let line = figures.line(
                since: state.last?.figures, requests: count, in: max(span, interval), notice: state.notice)
            state.last = (figures, now)
            return (state.isEnded ? nil : state.tell, line)
        }
        tell?(line)
        return count
    }

    private static func knownStatistics(_ state: inout State) -> MemoryStatistics? {
        guard !state.areStatisticsStale, let readAt = state.statisticsReadAt, readAt.duration(to: .now) < statisticsAge
        else {
            state.areStatisticsStale = false
            return nil
        }
        return state.last?.figures.statistics
    }
}
