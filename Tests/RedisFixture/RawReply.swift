/// What Redis answered to a raw command: read by the fixture's own few lines, not by what is under test.
public enum RawReply: Hashable, Sendable {
    /// A status or a value.
    case text(String)
    /// A number.
    case number(Int)
    /// No value.
    case null
    /// Several.
    case list([RawReply])
    /// A refusal.
    case error(String)
}
