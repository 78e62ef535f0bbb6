/// The wire protocol's fixed bounds on what is stored and asked. Configurable bounds are in the configuration.
public enum Limits {
    /// Bytes of a context as compact UTF-8 JSON.
    public static let contextBytes = 1_048_576

    /// How deep a context nests, itself included.
    public static let contextDepth = 56

    /// How deep a request nests, its outermost object included.
    public static let requestDepth = 64

    /// Numbers in `embeddings`.
    public static let embeddings = 4_096

    /// Tags of a memory as sent, tags of a filter, and capabilities of an agent.
    public static let tags = 64

    /// Importance of a memory.
    public static let importance = 1...10

    /// The importance of a memory that names none.
    public static let defaultImportance = 5

    /// Records of one storeBatch, ids of one getBatch.
    public static let batch = 1...1_000

    /// Memories or agents of one page.
    public static let page = 1...1_000

    /// Memories or agents of a page that names no limit.
    public static let defaultPage = 100

    /// Milliseconds a caller may give a request.
    public static let deadlineMilliseconds: ClosedRange<Int64> = 1...600_000

    /// Code points of an agent's name.
    public static let agentNameLength = 128

    /// Bytes of an agent's metadata as compact UTF-8 JSON.
    public static let agentMetadataBytes = 65_536

    /// How many hours `getCacheHistory` goes back: up to 31 days, for as long as the counts are kept.
    public static let historyHours = 1...744

    /// How many it goes back unless asked otherwise.
    public static let defaultHistoryHours = 24

    /// Bytes of an answer. A page that would be longer ends early.
    public static let answerBytes = 16_777_216
}
