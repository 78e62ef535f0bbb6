public import MemoryModel
public import MemoryService
import MonotonicClock
import Synchronization

extension InMemoryRepository {
    /// Registers an agent.
    public func register(
        _ registration: AgentRegistration, deadline: MonotonicInstant
    ) async throws(StoreError) -> RegistrationOutcome {
        try await begin("register")
        let now = now()
        return state.withLock { state in
            let earlier = state.registrations[registration.agentID]?.at
            state.registrations[registration.agentID] = (registration, earlier ?? now)
            return RegistrationOutcome(created: earlier == nil, registeredAt: earlier ?? now)
        }
    }

    /// Removes a registration.
    public func unregister(_ agent: AgentID, deadline: MonotonicInstant) async throws(StoreError) -> Bool {
        try await begin("unregister")
        return state.withLock { $0.registrations.removeValue(forKey: agent) != nil }
    }

    /// The agents in `scope` after `agent`.
    public func agents(
        after agent: AgentID?, limit: Int, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> AgentPage {
        try await begin("agents", [], scope)
        let counts = Dictionary(grouping: matches(MemoryFilter(), scope), by: \.draft.agentID)
        let registrations = state.withLock { $0.registrations }
        let names = Set(counts.keys).union(registrations.keys.filter { scope.contains($0) }).sorted()
        let rest = names.filter { name in agent.map { name > $0 } ?? true }
        let listings = rest.prefix(limit).map { name in
            AgentListing(
                registration: registrations[name]?.registration ?? AgentRegistration(agentID: name),
                registeredAt: registrations[name]?.at, memories: Int64(counts[name]?.count ?? 0))
        }
        return AgentPage(agents: listings, next: rest.count > limit ? listings.last?.registration.agentID : nil)
    }

    /// Available, unless `before` throws.
    public func health(within timeout: Duration) async -> StoreHealth {
        do throws(StoreError) {
            try await begin("health")
        } catch {
            return .unavailable(reason: error.message)
        }
        return .available(latency: .microseconds(250))
    }
}
