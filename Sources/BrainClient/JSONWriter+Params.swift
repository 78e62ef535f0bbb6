import MemoryModel
import StrictJSON
import WireProtocol

extension JSONWriter {
    mutating func object(_ write: (inout JSONWriter) -> Void) {
        beginObject()
        write(&self)
        endObject()
    }

    /// Writes a member, unless `value` is nil.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Writes a member, unless `value` is nil.
    mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        boolean(value)
    }

    mutating func array(_ name: StaticString, _ strings: [String]) {
        key(name)
        beginArray()
        for text in strings { string(text) }
        endArray()
    }

    /// Writes a record's members.
    mutating func members(of memory: NewMemory) {
        member("id", memory.id)
        member("agentId", memory.agentID)
        member("timestamp", memory.timestamp?.description)
        key("context")
        text(memory.context)
        if let embeddings = memory.embeddings {
            key("embeddings")
            beginArray()
            for number in embeddings { float(number) }
            endArray()
        }
        if !memory.tags.isEmpty { array("tags", memory.tags) }
        member("importance", memory.importance)
        member("expiresAt", memory.expiresAt?.description)
    }

    /// Writes a filter's members.
    mutating func members(of filter: QueryFilter) {
        member("agentId", filter.agentID)
        if !filter.tags.isEmpty {
            array("tags", filter.tags)
            member("tagMode", filter.tagMode.rawValue)
        }
        member("startDate", filter.start?.description)
        member("endDate", filter.end?.description)
        member("minImportance", filter.minimumImportance)
    }
}

extension JSONText {
    /// An object of the members that `write` writes.
    static func params(_ write: (inout JSONWriter) -> Void) -> JSONText {
        var writer = JSONWriter()
        writer.object(write)
        return JSONText(trustedCompact: writer.bytes)
    }
}

extension JSONView {
    func integerMember(_ name: String) throws(AnswerFault) -> Int64 {
        guard let integer = self[name]?.int64 else { throw AnswerFault("result.\(name) must be an integer") }
        return integer
    }

    func booleanMember(_ name: String) throws(AnswerFault) -> Bool {
        guard let boolean = self[name]?.boolean else { throw AnswerFault("result.\(name) must be a boolean") }
        return boolean
    }
}
