public import MemoryModel

/// Where the next page of a query begins: opaque to callers, bound to the query's filters, and good after a restart.
///
/// The text is hexadecimal: a format number, a fingerprint of the filters, the timestamp and the id.
public struct QueryCursor: Hashable, Sendable {
    /// The place in the order of answers.
    public let position: PagePosition

    private let fingerprint: UInt64
    private static let format: UInt8 = 1

    /// A cursor to `position` for pages of `filter`.
    public init(position: PagePosition, filter: MemoryFilter) {
        self.position = position
        fingerprint = Self.fingerprint(filter)
    }

    /// Reads a cursor's text; nil when it is none.
    public init?(decoding text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.count > 17, bytes[0] == Self.format else { return nil }
        let time = Int64(bitPattern: Hexadecimal.integer(bytes[9..<17]))
        guard let timestamp = Timestamp(microseconds: time),
            let id = MemoryID(String(decoding: bytes[17...], as: UTF8.self))
        else { return nil }
        fingerprint = Hexadecimal.integer(bytes[1..<9])
        position = PagePosition(timestamp: timestamp, id: id)
    }

    /// Whether the cursor was made for `filter`.
    public func belongs(to filter: MemoryFilter) -> Bool {
        fingerprint == Self.fingerprint(filter)
    }

    /// The cursor's text.
    public var text: String {
        var bytes: [UInt8] = [Self.format]
        bytes += Hexadecimal.bytes(fingerprint)
        bytes += Hexadecimal.bytes(UInt64(bitPattern: position.timestamp.microseconds))
        bytes += Array(position.id.value.utf8)
        return Hexadecimal.encode(bytes)
    }

    /// FNV-1a of the filter's parts, each ended by a byte that none of them holds.
    private static func fingerprint(_ filter: MemoryFilter) -> UInt64 {
        var parts = [filter.agentID?.value ?? ""]
        parts.append(filter.tags.isEmpty ? "" : filter.tagMode.rawValue)
        parts += filter.tags.map(\.value)
        parts.append(filter.start?.description ?? "")
        parts.append(filter.end?.description ?? "")
        parts.append(filter.minimumImportance.map(String.init) ?? "")
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
        }
        return hash
    }
}

/// Where the next page of a list of agents begins.
public struct AgentCursor: Hashable, Sendable {
    /// The last agent of the page before.
    public let agent: AgentID

    private static let format: UInt8 = 2

    /// A cursor to what comes after `agent`.
    public init(agent: AgentID) {
        self.agent = agent
    }

    /// Reads a cursor's text; nil when it is none.
    public init?(decoding text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.first == Self.format,
            let agent = AgentID(String(decoding: bytes.dropFirst(), as: UTF8.self))
        else { return nil }
        self.agent = agent
    }

    /// The cursor's text.
    public var text: String {
        Hexadecimal.encode([Self.format] + Array(agent.value.utf8))
    }
}

/// Bytes as hexadecimal digits.
private enum Hexadecimal {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.count <= 2 * 160 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    static func bytes(_ integer: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: integer >> (56 - 8 * $0)) }
    }

    static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
