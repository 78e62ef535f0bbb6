/// One command: its words, binary safe.
///
/// Commands that have no reply or more than one (SUBSCRIBE, MONITOR, CLIENT REPLY OFF) are not for this driver: replies
/// are matched to commands by their order alone.
public struct RedisCommand: Sendable, Hashable {
    /// The command's name and its arguments. Without any, Redis answers that it does not know the command.
    public var words: [[UInt8]]

    /// A command of these words.
    public init(_ words: [[UInt8]]) { self.words = words }

    /// A command of these words in UTF-8.
    public init(_ words: String...) { self.words = words.map { Array($0.utf8) } }

    /// What the command counts for in the bound of pending bytes: its words and what holds each.
    var pendingBytes: Int { words.reduce(0) { $0 + $1.count + RedisLimits.bytesPerWord } }
}
