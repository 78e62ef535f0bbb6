import Synchronization

/// Which entries this process may have put into Redis since the epoch began: what is surely none of them need not be asked
/// for while there is no other daemon. A Bloom filter ("Space/Time Trade-offs in Hash Coding with Allowable Errors", B. H.
/// Bloom, 1970): it may say yes for nothing, the more the fuller it is, and never no in error.
final class EntryFilter: Sendable {
    /// 128 KiB: at 100,000 entries one in 40 others is asked for in vain.
    private static let bits = 1 << 20
    private static let probes = 4

    private let words = Mutex([UInt64](repeating: 0, count: bits / 64))

    /// Takes note of an entry before it is put.
    func insert(_ hash: Int) {
        words.withLock { words in
            for place in Self.places(hash) { words[place >> 6] |= 1 << UInt64(place & 63) }
        }
    }

    /// Whether there may be such an entry.
    func mayContain(_ hash: Int) -> Bool {
        words.withLock { words in
            Self.places(hash).allSatisfy { words[$0 >> 6] & 1 << UInt64($0 & 63) != 0 }
        }
    }

    /// A new epoch has begun: there is none.
    func clear() {
        words.withLock { words in for index in words.indices { words[index] = 0 } }
    }

    /// Two halves of a hash make all (A. Kirsch, M. Mitzenmacher, "Less Hashing, Same Performance", 2006).
    private static func places(_ hash: Int) -> some Sequence<Int> {
        let (low, high) = (UInt(bitPattern: hash) & 0xFFFF_FFFF, UInt(bitPattern: hash) >> 32 | 1)
        return (0..<UInt(probes)).lazy.map { Int((low &+ $0 &* high) % UInt(bits)) }
    }
}
