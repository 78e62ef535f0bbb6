import MemoryModel
import WireProtocol

extension MethodCall {
    /// More than the JSON of any memory: its context, 4,096 numbers, 64 tags, and the rest.
    private static let largestMemoryBytes = Limits.contextBytes + 262_144

    /// More than the JSON of any agent in a list: its metadata, 64 capabilities, and the rest.
    private static let largestAgentBytes = Limits.agentMetadataBytes + 65_536

    /// How large the answer may be; 0 for those that are always small, as those of all writes are.
    var largestAnswerBytes: Int {
        switch self {
        case .get: Self.largestMemoryBytes
        case .getBatch(let ids): min(ids.count * Self.largestMemoryBytes, Limits.answerBytes)
        case .query(let parameters): min(parameters.limit * Self.largestMemoryBytes, Limits.answerBytes)
        case .listAgents(_, let limit): min(limit * Self.largestAgentBytes, Limits.answerBytes)
        case .getCrossAgentInsights, .getStats: Limits.answerBytes
        // A minute's bucket has some 100 bytes, a backup's problems some thousands.
        // All series are some tens of thousands of bytes.
        case .getCacheHistory, .listBackups, .verifyBackup, .getMetrics: Self.largestMemoryBytes
        case .store, .storeBatch, .count, .delete, .clear, .cleanupExpired, .registerAgent, .unregisterAgent,
            .storeContext, .getHealth, .ping, .getWorkers, .runWorker:
            0
        }
    }
}

extension ProtocolMethod {
    /// The calls that tell how the daemon is are answered even when it is full.
    var needsAdmission: Bool { self != .ping && self != .getHealth && self != .getMetrics }
}
