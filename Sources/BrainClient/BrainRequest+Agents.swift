public import MemoryModel
import StrictJSON
public import WireProtocol

// The methods about agents and the daemon; `BrainClient` documents what they do.

extension BrainRequest where Answer == Bool {
    /// `unregisterAgent`.
    public static func unregisterAgent(_ agentID: String) -> BrainRequest {
        BrainRequest(.unregisterAgent, params: .params { $0.member("agentId", agentID) }) {
            view throws(AnswerFault) in try view.booleanMember("deleted")
        }
    }
}

extension BrainRequest where Answer == StatisticsReport {
    /// `getStats`.
    public static func getStats(fresh: Bool = false) -> BrainRequest {
        BrainRequest(.getStats, params: .params { if fresh { $0.member("fresh", true) } }) {
            view throws(AnswerFault) in try StatisticsReport(answer: view)
        }
    }
}

extension BrainRequest where Answer == RegistrationOutcome {
    /// `registerAgent`.
    public static func registerAgent(_ registration: NewRegistration) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.member("agentId", registration.agentID)
            writer.member("name", registration.name)
            if !registration.capabilities.isEmpty { writer.array("capabilities", registration.capabilities) }
            writer.key("metadata")
            writer.text(registration.metadata)
        }
        return BrainRequest(.registerAgent, params: params) {
            view throws(AnswerFault) in try RegistrationOutcome(answer: view)
        }
    }
}

extension BrainRequest where Answer == AgentListPage {
    /// `listAgents`.
    public static func listAgents(limit: Int? = nil, cursor: String? = nil) -> BrainRequest {
        let params = JSONText.params { writer in
            writer.member("limit", limit)
            writer.member("cursor", cursor)
        }
        return BrainRequest(.listAgents, params: params) { view throws(AnswerFault) in try AgentListPage(answer: view) }
    }
}

extension BrainRequest where Answer == CrossAgentInsights {
    /// `getCrossAgentInsights`; the filter's agent is not sent.
    public static func getCrossAgentInsights(_ filter: QueryFilter, limit: Int? = nil) -> BrainRequest {
        var filter = filter
        filter.agentID = nil
        let params = JSONText.params { [filter] writer in
            writer.members(of: filter)
            writer.member("limit", limit)
        }
        return BrainRequest(.getCrossAgentInsights, params: params) {
            view throws(AnswerFault) in try CrossAgentInsights(answer: view)
        }
    }
}

extension BrainRequest where Answer == HealthReport {
    /// `getHealth`.
    public static var getHealth: BrainRequest {
        BrainRequest(.getHealth) { view throws(AnswerFault) in try HealthReport(answer: view) }
    }
}

extension BrainRequest where Answer == Void {
    /// `ping`.
    public static var ping: BrainRequest {
        BrainRequest(.ping) { _ throws(AnswerFault) in }
    }
}
