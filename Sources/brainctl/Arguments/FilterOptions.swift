import ArgumentParser
import BrainClient

/// The options that choose memories by everything but their agent.
struct ContentFilterOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"), help: ArgumentHelp("A tag that must be there; repeat it for more.", valueName: "tag"))
    var tags: [String] = []

    @Flag(name: .long, help: "Match memories with all of the tags, not just any of them.")
    var allTags = false

    @Option(
        name: .long, help: ArgumentHelp("Not before: a date, a timestamp, or how long ago (2h, 7d).", valueName: "time")
    )
    var since: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("Not after; a date means its whole day.", valueName: "time"))
    var until: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("The least importance, 1 to 10.", valueName: "number"))
    var minImportance: Int?

    /// The filter that is meant at `now`.
    func filter(agent: String? = nil, now: Timestamp) -> QueryFilter {
        QueryFilter(
            agentID: agent, tags: tags, tagMode: allTags ? .all : .any, start: since?.resolved(now: now),
            end: until?.resolvedAsEnd(now: now), minimumImportance: minImportance)
    }

    /// What must be typed beside a cursor to mean the same filter again; "" when the same words do.
    func restated(now: Timestamp) -> String {
        var words = ""
        if let since, since.isRelative { words += "--since \(since.resolved(now: now)) " }
        if let until, until.isRelative { words += "--until \(until.resolvedAsEnd(now: now)) " }
        return words
    }
}

/// The options that choose memories.
struct FilterOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The agent whose memories are meant.", valueName: "agent"))
    var agent: String?

    @OptionGroup var content: ContentFilterOptions

    /// The filter that is meant at `now`.
    func filter(now: Timestamp) -> QueryFilter {
        content.filter(agent: agent, now: now)
    }
}
