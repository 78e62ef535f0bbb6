import MemoryModel

/// The names of everything the cache keeps in Redis, each behind the configured prefix.
struct CacheNames: Sendable {
    let prefix: String

    /// The token under which all entries were made that may still be used.
    var epoch: [UInt8] { name("cache:epoch") }

    /// Written at the beginning of a connection, to see that it can be.
    var probe: [UInt8] { name("cache:probe") }

    /// How many reads were answered from the cache, by all daemons that share it.
    var hits: [UInt8] { name("cache:hits") }

    /// How many were not.
    var misses: [UInt8] { name("cache:misses") }

    /// What `get` of one memory answers, or a lease for it. No id has a colon, so this name is no other's.
    func memory(_ id: MemoryID) -> [UInt8] { name("memory:", id.value) }

    /// What a read of many memories answers.
    func query(_ key: QueryKey) -> [UInt8] { name("memory:query:", key.name) }

    /// A generation: the token that the answers of queries were made under and that a write of such memories deletes.
    func generation(_ generation: Generation) -> [UInt8] {
        switch generation {
        case .everyone: name("memory:query:all")
        case .agent(let agent): name("memory:query:agent:", agent.value)
        case .tag(let tag): name("memory:query:tag:", tag.value)
        }
    }

    private func name(_ kind: String, _ rest: String = "") -> [UInt8] {
        var name: [UInt8] = []
        name.reserveCapacity(prefix.utf8.count + kind.utf8.count + rest.utf8.count)
        name += prefix.utf8
        name += kind.utf8
        name += rest.utf8
        return name
    }
}

/// The memories whose writes change an answer.
enum Generation: Hashable, Sendable {
    /// All.
    case everyone

    /// Those of one agent.
    case agent(AgentID)

    /// Those with one tag.
    case tag(Tag)

    /// What a write of memories at `places` changes, each once.
    static func changed(at places: [MemoryPlace]) -> [Generation] {
        guard let first = places.first else { return [] }
        // A memory has each tag once.
        if places.count == 1 { return [.everyone, .agent(first.agentID)] + first.tags.map(Generation.tag) }
        var changed: Set<Generation> = [.everyone]
        var last: MemoryPlace?
        for place in places {
            // Those of a batch mostly have the same agent, and the same tags in the same places, as the one before.
            if place.agentID != last?.agentID { changed.insert(.agent(place.agentID)) }
            for (index, tag) in place.tags.enumerated() {
                if let last, index < last.tags.count, last.tags[index] == tag { continue }
                changed.insert(.tag(tag))
            }
            last = place
        }
        return Array(changed)
    }

    /// What the answer of a read with `filter` depends on: as little as covers every memory that may match.
    static func needed(by filter: MemoryFilter) -> [Generation] {
        if let agent = filter.agentID { return [.agent(agent)] }
        guard let first = filter.tags.first else { return [.everyone] }
        // What matches all of the tags has the first.
        return filter.tagMode == .all ? [.tag(first)] : filter.tags.map(Generation.tag)
    }
}
