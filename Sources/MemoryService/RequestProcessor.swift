public import MemoryModel
import MonotonicClock
public import NIOCore
public import WireProtocol

/// Takes a frame's payload to an answer: decodes, calls the service, encodes. It knows nothing of sockets.
public final class RequestProcessor: Sendable {
    private let service: MemoryService
    private let encoder: AnswerEncoder
    private let observer: any Observer

    /// The deadline of requests that name none, in milliseconds from the frame's last byte.
    public let standardDeadline: LiveValue<Int64>

    /// Makes a processor; `standardDeadlineMilliseconds` is for requests that name no deadline.
    public init(service: MemoryService, observer: any Observer, standardDeadlineMilliseconds: Int64) {
        self.service = service
        self.observer = observer
        standardDeadline = LiveValue(standardDeadlineMilliseconds)
        encoder = AnswerEncoder()
    }

    /// A request that was decoded and may run. An object, since it is handed on more than once.
    public final class Prepared: Sendable {
        /// Names it in the log.
        public let requestID = RequestID()

        /// Nil for a notification.
        public let id: RPCIdentifier?

        /// What is asked.
        public let method: ProtocolMethod

        /// With which parameters.
        public let call: MethodCall

        /// When the frame's last byte arrived.
        public let receivedAt: MonotonicInstant

        /// When the caller stops waiting.
        public let deadline: MonotonicInstant

        init(
            id: RPCIdentifier?, method: ProtocolMethod, call: MethodCall, receivedAt: MonotonicInstant,
            deadline: MonotonicInstant
        ) {
            self.id = id
            self.method = method
            self.call = call
            self.receivedAt = receivedAt
            self.deadline = deadline
        }
    }

    /// What becomes of a payload.
    public enum Preparation: Sendable {
        /// It runs.
        case run(Prepared)

        /// It is answered at once, with this frame.
        case answer([UInt8])

        /// It is a notification that can't be carried out, so nothing is answered.
        case ignore
    }

    /// Decodes a payload whose last byte arrived at `receivedAt`.
    public func prepare(
        _ payload: [UInt8], from peer: Peer, receivedAt: MonotonicInstant
    ) -> Preparation {
        let request: RPCRequest
        do throws(RPCRequest.Fault) {
            request = try RPCRequest(parsing: payload)
        } catch {
            observer.observe(.requestRefused(peer, error.error))
            return .answer(encoder.answer(error.id, error.error))
        }
        do throws(StoreError) {
            guard let method = ProtocolMethod(rawValue: request.method) else {
                // By code points: one character may have megabytes of combining marks.
                let name = String(request.method.unicodeScalars.prefix(64))
                throw StoreError(.methodNotFound, "there is no method '\(name)'")
            }
            let milliseconds = try request.deadlineMilliseconds(standard: standardDeadline.value)
            let call = service.naming(try MethodCall(method, params: request.params))
            let deadline = receivedAt + .milliseconds(milliseconds)
            return .run(
                Prepared(id: request.id, method: method, call: call, receivedAt: receivedAt, deadline: deadline))
        } catch {
            observer.observe(.requestRefused(peer, error))
            guard let id = request.id else { return .ignore }
            return .answer(encoder.answer(id, error))
        }
    }

    /// What a request came to.
    public struct Outcome: Sendable {
        /// The answer's frame; nil for a notification.
        public let frame: [UInt8]?

        /// Why it failed, if it did.
        public let error: StoreError?

        /// The agent whose memory was answered, where the request named none.
        var agent: AgentID?
    }

    /// The outcome of a request for which nothing has to be waited; nil when it has to run.
    public func recall(_ request: Prepared, for caller: Caller) -> Outcome? {
        guard let result = service.recall(request.call, caller: caller) else { return nil }
        return Outcome(frame: request.id.map { encoder.answer($0, result) }, error: nil, agent: result.agent)
    }

    /// Answers a `get`, whose payload is given, at once: appends the frame to `buffer`, and returns when it did. Nil: it has
    /// to be prepared and run.
    public func recall(
        _ request: PlainGet, in payload: UnsafeRawBufferPointer, for caller: Caller,
        receivedAt: MonotonicInstant, appendingTo buffer: inout ByteBuffer
    ) -> MonotonicInstant? {
        guard let id = request.memoryID(in: payload),
            case .encoded(let members, let source?, let agent)? = service.recall(id, caller: caller),
            encoder.append(
                members, servedFrom: source, answering: UnsafeRawBufferPointer(rebasing: payload[request.id]),
                to: &buffer)
        else { return nil }
        let now = MonotonicInstant.now
        observer.requestFinished(
            Observation.RequestSummary(
                requestID: RequestID(), method: .get, agent: agent, peer: caller.peer,
                duration: receivedAt.duration(to: now), finishedAt: now, error: nil))
        return now
    }

    /// Carries out a request.
    public func run(_ request: Prepared, for caller: Caller) async -> Outcome {
        do throws(StoreError) {
            let result = try await perform(request, caller)
            return Outcome(frame: request.id.map { encoder.answer($0, result) }, error: nil, agent: result.agent)
        } catch {
            return refuse(request, with: error)
        }
    }

    /// The outcome of a request that fails with `error`.
    public func refuse(_ request: Prepared, with error: StoreError) -> Outcome {
        var error = error
        if error.kind == .internalError { error.requestID = request.requestID.description }
        return Outcome(frame: request.id.map { encoder.answer($0, error) }, error: error)
    }

    /// Reports a request that was answered: call it once for each, whoever answered.
    public func report(_ request: Prepared, of caller: Caller, _ outcome: Outcome) {
        let now = MonotonicInstant.now
        observer.requestFinished(
            Observation.RequestSummary(
                requestID: request.requestID, method: request.method, agent: request.call.agent ?? outcome.agent,
                isAdministrative: request.call.isAudited, peer: caller.peer,
                duration: request.receivedAt.duration(to: now), finishedAt: now, error: outcome.error))
    }

    /// The frame for a request that was not decoded, one of a flood's: it is counted, and not told of in the log by itself.
    public func turnAway(
        _ request: RequestHead, of peer: Peer, with error: StoreError, receivedAt: MonotonicInstant
    ) -> [UInt8] {
        let now = MonotonicInstant.now
        observer.requestFinished(
            Observation.RequestSummary(
                requestID: RequestID(), method: request.method, agent: nil, isOneOfMany: true, peer: peer,
                duration: receivedAt.duration(to: now), finishedAt: now, error: error))
        return encoder.answer(request.id, error)
    }

    /// The frame for a fault that belongs to no request.
    public func answerWithoutID(_ error: StoreError) -> [UInt8] {
        encoder.answer(.null, error)
    }

    private func perform(_ request: Prepared, _ caller: Caller) async throws(StoreError) -> MethodResult {
        let deadline = request.deadline
        switch request.call {
        case .store(let record, let ifVersion):
            return .stored(try await service.store(record, ifVersion: ifVersion, caller: caller, deadline: deadline))
        case .storeBatch(let records):
            return .storedBatch(try await service.storeBatch(records, caller: caller, deadline: deadline))
        case .storeContext(let record):
            let (outcome, timestamp) = try await service.storeContext(record, caller: caller, deadline: deadline)
            return .storedContext(outcome, timestamp: timestamp)
        case .get(let id):
            return try await service.get(id, caller: caller, deadline: deadline)
        case .getBatch(let ids):
            return .memories(try await service.getBatch(ids, caller: caller, deadline: deadline))
        case .query(let parameters):
            return try await service.query(parameters, caller: caller, deadline: deadline)
        case .count(let filter):
            return try await service.count(filter, caller: caller, deadline: deadline)
        case .delete(let id, let ifVersion):
            return .deleted(try await service.delete(id, ifVersion: ifVersion, caller: caller, deadline: deadline))
        case .clear(let target):
            return .deletedCount(try await service.clear(target, caller: caller, deadline: deadline))
        case .cleanupExpired:
            return .deletedCount(try await service.cleanupExpired(caller: caller, deadline: deadline))
        case .getStats(let fresh):
            return try await service.getStats(fresh: fresh, caller: caller, deadline: deadline)
        case .registerAgent(let registration):
            let outcome = try await service.registerAgent(registration, caller: caller, deadline: deadline)
            return .registered(registration.agentID, outcome)
        case .unregisterAgent(let agent):
            return .deleted(try await service.unregisterAgent(agent, caller: caller, deadline: deadline))
        case .listAgents(let agent, let limit):
            return .agents(try await service.listAgents(after: agent, limit: limit, caller: caller, deadline: deadline))
        case .getCrossAgentInsights(let filter, let limit):
            return try await service.getCrossAgentInsights(filter, limit: limit, caller: caller, deadline: deadline)
        case .getHealth: return .health(await service.getHealth())
        case .ping: return .empty
        case .getWorkers: return .workers(service.getWorkers())
        case .runWorker(let name):
            return .workerStarted(try await service.runWorker(name, caller: caller, deadline: deadline))
        case .getCacheHistory(let hours):
            return .cacheHistory(try await service.getCacheHistory(hours: hours, deadline: deadline))
        case .getMetrics: return .metrics(try await service.getMetrics(caller: caller))
        case .listBackups: return .backups(try await service.listBackups(caller: caller, deadline: deadline))
        case .verifyBackup(let id):
            return .backups(try await service.verifyBackup(id, caller: caller, deadline: deadline))
        }
    }
}
