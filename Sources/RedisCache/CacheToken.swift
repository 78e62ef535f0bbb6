/// A random text that stands for one stretch of time in which something was in force. Each is in force once: whoever
/// sees the same token twice knows that nothing has happened between. 64 bits, so that two are equal by chance once in
/// 10^19.
enum CacheToken {
    /// Bytes of a token.
    static let length = 16

    /// The token-sized name of a store, or of anything else that is one for ever: FNV-1a, 64 bits.
    static func name(of text: String) -> [UInt8] {
        padded(text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
    }

    /// A new one.
    static func make() -> [UInt8] { padded(UInt64.random(in: .min ... .max)) }

    private static func padded(_ number: UInt64) -> [UInt8] {
        let digits = String(number, radix: 16)
        return Array(repeating: UInt8(ascii: "0"), count: length - digits.utf8.count) + Array(digits.utf8)
    }
}
