import MemoryModel
import StrictJSON

/// Reads the members of one object of an answer; those that are not asked for are passed over.
struct AnswerReader {
    private let path: String
    private var members: [String: JSONView] = [:]

    init(_ view: JSONView, path: String) throws(AnswerFault) {
        guard view.kind == .object else {
            throw AnswerFault("\(path.isEmpty ? "the answer" : path) must be an object, got \(view.kind.phrase)")
        }
        self.path = path
        for member in view.members { members[member.name] = member.value }
    }

    func path(of name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    /// The member `name`; nil when it is absent or null.
    func optional(_ name: String) -> JSONView? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    /// The member `name`.
    func value(_ name: String) throws(AnswerFault) -> JSONView {
        guard let value = optional(name) else { throw AnswerFault("\(path(of: name)) is missing") }
        return value
    }

    func object(_ name: String) throws(AnswerFault) -> AnswerReader {
        try AnswerReader(try value(name), path: path(of: name))
    }

    func optionalObject(_ name: String) throws(AnswerFault) -> AnswerReader? {
        try optional(name).map { view throws(AnswerFault) in try AnswerReader(view, path: path(of: name)) }
    }

    func string(_ name: String) throws(AnswerFault) -> String {
        try Self.expect(try value(name).string, "a string", path(of: name))
    }

    func optionalString(_ name: String) throws(AnswerFault) -> String? {
        optional(name) == nil ? nil : try string(name)
    }

    func integer(_ name: String) throws(AnswerFault) -> Int64 {
        try Self.expect(try value(name).int64, "an integer", path(of: name))
    }

    func optionalInteger(_ name: String) throws(AnswerFault) -> Int64? {
        optional(name) == nil ? nil : try integer(name)
    }

    func double(_ name: String) throws(AnswerFault) -> Double {
        try Self.expect(try value(name).double, "a number", path(of: name))
    }

    func boolean(_ name: String) throws(AnswerFault) -> Bool {
        try Self.expect(try value(name).boolean, "a boolean", path(of: name))
    }

    func optionalBoolean(_ name: String) throws(AnswerFault) -> Bool? {
        optional(name) == nil ? nil : try boolean(name)
    }

    func array(_ name: String) throws(AnswerFault) -> JSONElements {
        let value = try value(name)
        guard value.kind == .array else {
            throw AnswerFault("\(path(of: name)) must be an array, got \(value.kind.phrase)")
        }
        return value.elements
    }

    func optionalArray(_ name: String) throws(AnswerFault) -> JSONElements? {
        optional(name) == nil ? nil : try array(name)
    }

    func timestamp(_ name: String) throws(AnswerFault) -> Timestamp {
        try Self.expect(Timestamp(rfc3339: try string(name)), "a timestamp", path(of: name))
    }

    func optionalTimestamp(_ name: String) throws(AnswerFault) -> Timestamp? {
        optional(name) == nil ? nil : try timestamp(name)
    }

    func agentID(_ name: String) throws(AnswerFault) -> AgentID {
        try Self.expect(AgentID(try string(name)), "an agent id", path(of: name))
    }

    func memoryID(_ name: String) throws(AnswerFault) -> MemoryID {
        try Self.memoryID(try value(name), at: path(of: name))
    }

    func tags(_ name: String) throws(AnswerFault) -> [Tag] {
        let field = path(of: name)
        return try array(name).map { view throws(AnswerFault) in
            try Self.expect(view.string.flatMap { Tag($0) }, "tags", field)
        }
    }

    /// Numbers by agent.
    func countsByAgent(_ name: String) throws(AnswerFault) -> [AgentID: Int64] {
        let field = path(of: name)
        var counts: [AgentID: Int64] = [:]
        for member in try value(name).members {
            let agent = try Self.expect(AgentID(member.name), "counts by agent", field)
            counts[agent] = try Self.expect(member.value.int64, "counts by agent", field)
        }
        return counts
    }

    static func memoryID(_ view: JSONView, at field: String) throws(AnswerFault) -> MemoryID {
        try expect(view.string.flatMap { MemoryID($0) }, "a memory id", field)
    }

    static func expect<Value>(_ value: Value?, _ what: String, _ field: String) throws(AnswerFault) -> Value {
        guard let value else { throw AnswerFault("\(field) must be \(what)") }
        return value
    }
}
