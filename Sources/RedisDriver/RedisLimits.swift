/// The driver's fixed bounds. What a caller may change is in ``RedisClientConfiguration``.
enum RedisLimits {
    /// How long commands that nobody waits for gather before they are written.
    static let gatheringTime = Duration.milliseconds(1)
    /// What hiredis' write buffer is filled up to before it is written; one command may exceed it. Each write(2) moves
    /// the rest of the buffer to its front, so a large one would cost the square of its size.
    static let writeBufferBytes = 1024 * 1024
    /// hiredis reads this much at once; a read that yields less has emptied the socket.
    static let readBytes = 16 * 1024
    /// How many reads follow each other before deadlines are looked at and commands written.
    static let consecutiveReads = 64
    /// The scratch buffer that a command's words are joined in is kept from one command to the next up to this size.
    static let scratchBytes = 256 * 1024
    /// What a word counts for in the bound of pending bytes, beside its own.
    static let bytesPerWord = 32
    /// The longest path of a Unix socket: `sun_path` has 108 bytes, the last of them zero. hiredis cuts longer ones off.
    static let socketPathBytes = 107
    /// A server that owes answers and sends nothing for this long counts as hung, once a deadline has passed.
    static let longestSilence = Duration.milliseconds(50)
    /// The shortest pause between two attempts to connect, whatever the configuration says: no busy loop.
    static let shortestBackoff = Duration.milliseconds(1)
}
