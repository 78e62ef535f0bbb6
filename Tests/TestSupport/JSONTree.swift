public import StrictJSON

/// A JSON value as a plain tree, for tests to compare: strings by their bytes, numbers as doubles unless both are integers.
public indirect enum JSONTree: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string([UInt8])
    case array([JSONTree])
    case object([Member])

    /// A member of an object.
    public struct Member: Hashable, Sendable {
        /// The key's UTF-8 bytes.
        public let name: [UInt8]

        /// The value.
        public let value: JSONTree

        /// Makes a member of its parts.
        public init(_ name: [UInt8], _ value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// The tree that `view` shows, walked with every accessor.
    public init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .boolean: self = .bool(view.boolean == true)
        case .number:
            // 1e-400 is no integer, but as a double it is 0, which is.
            self = view.double == 0 ? .integer(0) : view.int64.map(JSONTree.integer) ?? .double(view.double ?? .nan)
        case .string: self = .string(Array((view.string ?? "").utf8))
        case .array: self = .array(view.elements.map { JSONTree($0) })
        case .object: self = .object(view.members.map { Member(Array($0.name.utf8), JSONTree($0.value)) })
        }
    }
}
