import CoreMetrics
import MemoryModel
public import MemoryService
import MonotonicClock
import Synchronization
import WireProtocol

/// Counts what is observed, through swift-metrics.
///
/// All that a request takes is made beforehand: a request costs some atomic additions and one entry of the table of agents,
/// under half a microsecond, and allocates nothing.
public final class MetricsObserver: Observer {
    /// What is kept for one method.
    private final class Method: Sendable {
        let answered: Counter
        let failed: [ErrorKind: Counter]
        let duration: Timer

        init(answered: Counter, failed: [ErrorKind: Counter], duration: Timer) {
            self.answered = answered
            self.failed = failed
            self.duration = duration
        }
    }

    private let methods: [Method]
    private let errors: [ErrorKind: Counter]
    private let refusedRequests: [ErrorKind: Counter]
    private let framesTimedOut: Counter
    private let connectionsOpened: Counter
    private let connectionsRefused: Counter
    private let usersLimited: [UserBound: Counter]
    private let acceptFailures: Counter
    private let cacheBypasses: Counter
    private let workersUnreachable: Counter
    private let factory: any MetricsFactory
    private let activity = Mutex(AgentActivityTable())
    private let finished = Atomic<Int64>(0)
    private let failed = Atomic<Int64>(0)

    /// Records into `factory`.
    init(factory: any MetricsFactory) {
        self.factory = factory
        func counter(_ name: String, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: name, dimensions: dimensions, factory: factory)
        }
        methods = ProtocolMethod.allCases.map { method in
            func requests(_ result: String) -> Counter {
                counter(MetricCatalog.requests, [("method", method.rawValue), ("result", result)])
            }
            return Method(
                answered: requests("ok"),
                failed: Dictionary(uniqueKeysWithValues: ErrorKind.allCases.map { ($0, requests($0.rawValue)) }),
                duration: Timer(
                    label: MetricCatalog.duration, dimensions: [("method", method.rawValue)], factory: factory))
        }
        func byKind(_ name: String, _ label: String, _ kinds: [ErrorKind]) -> [ErrorKind: Counter] {
            Dictionary(uniqueKeysWithValues: kinds.map { ($0, counter(name, [(label, $0.rawValue)])) })
        }
        errors = byKind(MetricCatalog.errors, "kind", ErrorKind.allCases)
        refusedRequests = byKind(
            MetricCatalog.refusedRequests, "reason",
            [.parseError, .invalidRequest, .methodNotFound, .invalidParams, .frameTooLarge])
        framesTimedOut = counter(MetricCatalog.refusedRequests, [("reason", "timed_out")])
        connectionsOpened = counter(MetricCatalog.connectionsOpened)
        connectionsRefused = counter(MetricCatalog.connectionsRefused)
        usersLimited = Dictionary(
            uniqueKeysWithValues: UserBound.allCases.map {
                ($0, counter(MetricCatalog.usersLimited, [("bound", $0.rawValue)]))
            })
        acceptFailures = counter(MetricCatalog.acceptFailures)
        cacheBypasses = counter(MetricCatalog.cacheBypasses)
        workersUnreachable = counter(MetricCatalog.workersUnreachable)
    }

    /// Requests answered since the start, those with an error included.
    public var finishedRequests: Int64 { finished.load(ordering: .relaxed) }

    /// Those of them that were answered with an error.
    public var failedRequests: Int64 { failed.load(ordering: .relaxed) }

    /// Counts one observation.
    public func observe(_ observation: Observation) {
        switch observation {
        case .requestFinished(let summary): requestFinished(summary)
        case .requestRefused(_, let error): refusedRequests[error.kind]?.increment()
        case .connectionOpened: connectionsOpened.increment()
        // How many are open is looked up when somebody asks.
        case .connectionClosed: break
        case .connectionRefused: connectionsRefused.increment()
        case .userLimited(_, let bound, _): usersLimited[bound]?.increment()
        case .userRelieved: break
        case .frameTimedOut: framesTimedOut.increment()
        case .frameTooLarge: refusedRequests[.frameTooLarge]?.increment()
        case .cacheChanged(let bypassReason): if bypassReason != nil { cacheBypasses.increment() }
        case .acceptFailed: acceptFailures.increment()
        case .workerStarted: break
        case .workerFinished(let summary):
            Timer(
                label: MetricCatalog.workerDuration, dimensions: [("worker", summary.name)], factory: factory
            ).recordNanoseconds(summary.duration.nanoseconds)
        case .workersUnreachable(let reason): if reason != nil { workersUnreachable.increment() }
        }
    }

    /// Counts one request.
    public func requestFinished(_ summary: Observation.RequestSummary) {
        let method = methods[summary.method.ordinal]
        finished.add(1, ordering: .relaxed)
        method.duration.recordNanoseconds(summary.duration.nanoseconds)
        if let error = summary.error {
            failed.add(1, ordering: .relaxed)
            method.failed[error.kind]?.increment()
            errors[error.kind]?.increment()
        } else {
            method.answered.increment()
        }
        guard let agent = summary.agent else { return }
        activity.withLock { $0.count(agent, isError: summary.error != nil, now: summary.finishedAt) }
    }

    /// The agents with the most requests of late, the busiest first.
    func busiestAgents(_ count: Int) -> [MetricsReport.AgentActivity] {
        activity.withLock { $0.busiest(count, now: .now) }
    }
}

extension Duration {
    /// Seconds.
    var seconds: Double { self / .seconds(1) }
}
