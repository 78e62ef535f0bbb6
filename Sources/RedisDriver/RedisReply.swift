/// One reply of Redis, in the protocol's version 2.
///
/// Source: redis.io, "Redis serialization protocol specification".
public enum RedisReply: Sendable, Hashable {
    /// A word about how it went, e.g. `OK`.
    case status(String)
    /// Bytes, any of them.
    case bulk([UInt8])
    /// A number.
    case integer(Int64)
    /// The absence of a value.
    case null
    /// Replies in a row; at most seven levels deep, beyond which hiredis gives the connection up.
    case array([RedisReply])
    /// The command was refused or failed: a code in capitals and a text, e.g. `WRONGTYPE Operation against a key …`.
    case error(String)

    /// The first error in this reply, however deep.
    var firstError: String? {
        switch self {
        case .error(let text): text
        case .array(let replies): replies.lazy.compactMap(\.firstError).first
        case .status, .bulk, .integer, .null: nil
        }
    }
}
