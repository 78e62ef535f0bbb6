import Glibc
import MemoryModel
import MonotonicClock
import WireProtocol

/// Which agents are busiest, in bounded memory whatever the number of agents: "Efficient Computation of Frequent and Top-k
/// Elements in Data Streams" (Metwally, Agrawal, El Abbadi, 2005), with counts that fade.
///
/// A fixed number of agents have a counter. One that has none takes over the smallest counter with its count, which is also
/// noted as what the count may be too high by; so an agent with more than one request in ``capacity`` surely has a counter.
/// All counts fade by a factor e in ``fading``, so that a count is about that of the last minute.
struct AgentActivityTable: Sendable {
    /// How many agents have a counter.
    static let capacity = 256

    /// In what time an agent that has become quiet loses all but a third of its count.
    static let fading = Duration.seconds(60)

    /// How often the counts are faded; a sum over all of them each time.
    private static let step = Duration.seconds(1)

    /// A count below this is of the past.
    private static let least = 0.5

    private var places: [AgentID: Int] = [:]
    private var agents: [AgentID] = []
    private var requests: [Double] = []
    private var errors: [Double] = []
    /// What each count may be too high by.
    private var surplus: [Double] = []
    private var fadedAt: MonotonicInstant?

    /// Counts a request about `agent`.
    mutating func count(_ agent: AgentID, isError: Bool, now: MonotonicInstant) {
        fade(now)
        let place = place(of: agent)
        requests[place] += 1
        if isError { errors[place] += 1 }
    }

    /// The agents with the most requests that are surely theirs, the busiest first, at most `count`.
    mutating func busiest(_ count: Int, now: MonotonicInstant) -> [MetricsReport.AgentActivity] {
        fade(now)
        return agents.indices.map { place in
            MetricsReport.AgentActivity(
                agentID: agents[place], requests: requests[place] - surplus[place], errors: errors[place])
        }
        .filter { $0.requests >= Self.least }
        .sorted { ($1.requests, $0.agentID) < ($0.requests, $1.agentID) }
        .prefix(count).map { $0 }
    }

    private mutating func place(of agent: AgentID) -> Int {
        if let place = places[agent] { return place }
        let place: Int
        if agents.count < Self.capacity {
            place = agents.count
            agents.append(agent)
            requests.append(0)
            errors.append(0)
            surplus.append(0)
        } else {
            place = smallest
            places[agents[place]] = nil
            agents[place] = agent
            surplus[place] = requests[place]
            errors[place] = 0
        }
        places[agent] = place
        return place
    }

    /// A sum over a few kilobytes that lie together: some 0.1 µs.
    private var smallest: Int {
        var (place, least) = (0, Double.infinity)
        for (index, count) in requests.enumerated() where count < least { (place, least) = (index, count) }
        return place
    }

    private mutating func fade(_ now: MonotonicInstant) {
        guard let last = fadedAt else {
            fadedAt = now
            return
        }
        let elapsed = last.duration(to: now)
        guard elapsed >= Self.step else { return }
        fadedAt = now
        let factor = exp(-(elapsed / Self.fading))
        for place in agents.indices {
            requests[place] *= factor
            errors[place] *= factor
            surplus[place] *= factor
        }
    }
}
