import MemoryModel
import MemoryService

/// The values that the cache keeps in Redis, told apart by their first byte:
///
/// - `L` and a token, a reader's lease: whoever reads the store after seeing it may put its answer in its place, as long
///   as it is still there.
/// - `W` and a token, a writer's lease: the same, for that writer alone.
/// - `V`, an epoch with the store's name, and the answer of `get`.
/// - `Q`, a stamp (an epoch with the store's name, and generations), the canonical JSON of a read, and its answer.
enum CacheEntry {
    static let readLease = UInt8(ascii: "L")
    static let writeLease = UInt8(ascii: "W")
    static let memory = UInt8(ascii: "V")
    static let query = UInt8(ascii: "Q")

    static func lease(_ kind: UInt8) -> [UInt8] { [kind] + CacheToken.make() }

    /// Bytes of an epoch with the store's name.
    static let epochLength = 2 * CacheToken.length

    static func isLease(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count == 1 + CacheToken.length && (bytes.first == readLease || bytes.first == writeLease)
    }

    /// Whether it is one that this program puts under a memory's name.
    static func isOfMemory(_ bytes: [UInt8]) -> Bool { isLease(bytes) || bytes.first == memory }

    // MARK: One memory

    /// What follows `V` and the epoch with the store's name.
    static func memoryBody(_ answer: CachedAnswer) -> [UInt8] {
        var bytes: [UInt8] = []
        let agent = answer.agentID.map { Array($0.value.utf8) } ?? []
        bytes.reserveCapacity(9 + agent.count + answer.members.count)
        bytes.append(expiry: answer.firstExpiry)
        bytes.append(UInt8(agent.count))
        bytes += agent
        bytes += answer.members
        return bytes
    }

    static func memory(_ answer: CachedAnswer, epoch: some Collection<UInt8>) -> [UInt8] {
        [memory] + epoch + memoryBody(answer)
    }

    /// The answer in an entry that was made in `epoch`; nil for one of another epoch, and what is none.
    static func memory(in bytes: [UInt8], epoch: [UInt8]) -> CachedAnswer? {
        var reader = EntryReader(bytes[...])
        guard reader.take(1)?.first == memory, reader.take(epochLength).map({ $0.elementsEqual(epoch) }) == true,
            let expiry = reader.expiry(), let length = reader.take(1)?.first, let agent = reader.take(Int(length))
        else { return nil }
        let agentID = agent.isEmpty ? nil : AgentID(String(decoding: agent, as: UTF8.self))
        if agentID == nil, !agent.isEmpty { return nil }
        return CachedAnswer(members: Array(reader.rest), agentID: agentID, firstExpiry: expiry.instant)
    }

    // MARK: Many memories

    static func query(_ answer: CachedAnswer, stamp: [UInt8], json: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [query]
        bytes.reserveCapacity(17 + stamp.count + json.count + answer.members.count)
        bytes.append(length: stamp.count)
        bytes += stamp
        bytes.append(length: json.count)
        bytes += json
        bytes.append(expiry: answer.firstExpiry)
        bytes += answer.members
        return bytes
    }

    /// What is before and after the tokens in an entry that is made in Redis.
    static func query(
        _ answer: CachedAnswer, store: some Collection<UInt8>, tokens: Int, json: [UInt8]
    ) -> (head: [UInt8], tail: [UInt8]) {
        var head: [UInt8] = [query]
        head.append(length: store.count + tokens * CacheToken.length)
        head += store
        var tail: [UInt8] = []
        tail.reserveCapacity(12 + json.count + answer.members.count)
        tail.append(length: json.count)
        tail += json
        tail.append(expiry: answer.firstExpiry)
        tail += answer.members
        return (head, tail)
    }

    /// The answer in an entry for `json` that was made under `stamp`; nil for any other.
    static func query(in bytes: [UInt8], stamp: [UInt8], json: [UInt8]) -> CachedAnswer? {
        var reader = EntryReader(bytes[...])
        guard reader.take(1)?.first == query, let made = reader.field(), made.elementsEqual(stamp),
            let asked = reader.field(), asked.elementsEqual(json), let expiry = reader.expiry()
        else { return nil }
        return CachedAnswer(members: Array(reader.rest), firstExpiry: expiry.instant)
    }
}

/// Takes an entry apart from its front.
private struct EntryReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Bytes with their length before them.
    mutating func field() -> ArraySlice<UInt8>? {
        guard let length = integer(4) else { return nil }
        return take(Int(length))
    }

    /// An instant that may be none.
    mutating func expiry() -> (instant: Timestamp?, Void)? {
        guard let bits = integer(8) else { return nil }
        let microseconds = Int64(bitPattern: bits)
        if microseconds == .max { return (nil, ()) }
        return Timestamp(microseconds: microseconds).map { ($0, ()) }
    }

    private mutating func integer(_ count: Int) -> UInt64? { take(count)?.reduce(0) { $0 << 8 | UInt64($1) } }
}

extension [UInt8] {
    fileprivate mutating func append(length: Int) { append(bigEndian: UInt32(length)) }

    fileprivate mutating func append(expiry: Timestamp?) {
        append(bigEndian: UInt64(bitPattern: expiry?.microseconds ?? .max))
    }

    private mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
