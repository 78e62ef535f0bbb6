import BrainClient

/// Records as JSON: what is taken away from them and added on their way to and from the daemon.
enum RecordText {
    /// What the daemon gives each record, and does not take back.
    static let serverFields: Set<String> = ["version", "createdAt", "updatedAt"]

    /// `record` in compact form without what only the daemon gives; with `id` in front, if there is one to add.
    static func withoutServerFields(_ record: JSONView, adding id: String? = nil) -> JSONText {
        var writer = JSONWriter(reserving: record.rawBytes.count + 64)
        writer.beginObject()
        if let id {
            writer.key("id")
            writer.string(id)
        }
        for member in record.members where !serverFields.contains(member.name) {
            writer.key(named: member.name)
            writer.text(member.value.compacted())
        }
        writer.endObject()
        return JSONText(trustedCompact: writer.bytes)
    }

    /// The id of a record that has none: made from its content alone, so that importing it again stores no second
    /// memory.
    ///
    /// It is the 128-bit FNV-1a hash (Fowler, Noll and Vo; draft-eastlake-fnv) of the record in compact form. Two equal
    /// records are therefore one memory.
    static func derivedID(_ record: JSONText) -> String {
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for byte in record.bytes {
            hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
        }
        let digits = String(hash, radix: 16)
        return "import-" + String(repeating: "0", count: 32 - digits.count) + digits
    }
}
