/// A JSON value to build and take apart in Swift, written with Swift's own literals:
///
///     let context: JSONValue = ["text": "tea with Mel", "cups": 2, "places": ["home"]]
///
/// Integers of 64 bits are kept exactly and any other number as a double. Objects keep the order of their members,
/// and two objects with equal members in another order are equal. Strings are compared code point by code point.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A member of an object.
    public struct Member: Sendable {
        /// The key.
        public var name: String

        /// The value.
        public var value: JSONValue

        /// Makes a member of its parts.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }
}

// MARK: Looking inside

extension JSONValue {
    /// The value of the member `name` of an object, or nil.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The element at `index` of an array, or nil.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The string, or nil when the value is none.
    public var stringValue: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The boolean, or nil when the value is none.
    public var boolValue: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The number as an integer, or nil when the value is none or has a fraction.
    public var intValue: Int64? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The number as a double, or nil when the value is none.
    public var doubleValue: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}

// MARK: Text

extension JSONValue {
    /// The value that `view` shows.
    public init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .boolean: self = .bool(view.boolean ?? false)
        case .number: self = view.int64.map(JSONValue.integer) ?? .number(view.double ?? 0)
        case .string: self = .string(view.string ?? "")
        case .array: self = .array(view.elements.map { JSONValue($0) })
        case .object: self = .object(view.members.map { Member($0.name, JSONValue($0.value)) })
        }
    }

    /// The value of a text.
    public init(_ text: JSONText) {
        self.init(text.view)
    }

    /// The value as compact text. Of members of one name the first is kept, and a number that is not finite becomes
    /// null.
    public var text: JSONText {
        var writer = JSONWriter()
        write(to: &writer)
        return JSONText(trustedCompact: writer.bytes)
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let bool): writer.boolean(bool)
        case .integer(let integer): writer.integer(integer)
        case .number(let number): writer.double(number)
        case .string(let string): writer.string(string)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            var names: Set<[UInt8]> = []
            for member in members where names.insert(Array(member.name.utf8)).inserted {
                writer.key(named: member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}

// MARK: Equality

extension JSONValue: Hashable {
    /// Whether the values mean the same: `5` and `5.0` do, and objects whose members come in another order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
            Int64(exactly: number) == integer
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(sorted(left), sorted(right)).allSatisfy {
                    $0.name.utf8.elementsEqual($1.name.utf8) && $0.value == $1.value
                }
        default: false
        }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let bool): hasher.combine(bool)
        case .integer(let integer): hasher.combine(integer)
        case .number(let number):
            if let integer = Int64(exactly: number) { hasher.combine(integer) } else { hasher.combine(number) }
        case .string(let string): hasher.combine(Array(string.utf8))
        case .array(let elements): hasher.combine(elements)
        case .object(let members):
            for member in Self.sorted(members) {
                hasher.combine(Array(member.name.utf8))
                hasher.combine(member.value)
            }
        }
    }

    private static func sorted(_ members: [Member]) -> [Member] {
        members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

// MARK: Literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// `nil` is null.
    public init(nilLiteral: ()) { self = .null }

    /// `true` and `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }

    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }

    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON.
    public var description: String { text.description }
}
