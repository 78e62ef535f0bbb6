/// JSON as tests send and compare it, with none of the product's own code.
///
/// Strings and keys are compared code point by code point, numbers as doubles unless both are 64-bit integers, objects
/// without regard to the order of their members. A number keeps its text, so tests can send any: `.number("1e400")`.
public enum JSONValue: Sendable {
    /// null
    case null
    /// true or false
    case bool(Bool)
    /// The number as it is written.
    case number(String)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// The members in their order; a key may stand twice, for tests of that.
    case object([Member])

    /// A key and its value.
    public struct Member: Sendable {
        /// The key.
        public let key: String

        /// The value.
        public let value: JSONValue

        /// Makes a member.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// A 64-bit integer.
    public static func int(_ value: Int) -> JSONValue { .number(String(value)) }

    /// An array of strings.
    public static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map { .string($0) }) }
}

// MARK: Reading

extension JSONValue {
    /// The value of an object's member; nil when there is none, or this is no object. Setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let index = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
            switch (index, newValue) {
            case (let index?, let value?): members[index] = Member(key, value)
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): break
            }
            self = .object(members)
        }
    }

    /// An element of an array; nil when there is none.
    public subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Whether this is null.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The boolean, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The string, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The 64-bit integer, if it is written as one.
    public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }

    /// The number as a double, if it is one.
    public var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }

    /// The elements, if it is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    /// The members, if it is an object.
    public var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// The keys of an object, in the order of their code points.
    public var keys: [String] { (members ?? []).map(\.key).sorted(by: Self.precedes) }

    /// Whether `first` stands before `second`, code point by code point, as the protocol sorts.
    public static func precedes(_ first: String, _ second: String) -> Bool {
        first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars) { $0.value < $1.value }
    }
}

// MARK: Comparing

extension JSONValue: Equatable {
    /// Compares as told above.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.number(let first), .number(let second)):
            if let left = left.int, let right = right.int {
                left == right
            } else {
                Double(first) == Double(second)
            }
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): Self.sorted(left) == Self.sorted(right)
        default: false
        }
    }

    private static func sorted(_ members: [Member]) -> [Member] {
        members.sorted { precedes($0.key, $1.key) }
    }
}

extension JSONValue.Member: Equatable {
    /// Compares keys code point by code point.
    public static func == (left: Self, right: Self) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8) && left.value == right.value
    }
}

// MARK: Literals

// No literal for null: `value["key"] == nil` must ask whether the member is absent.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    /// A double.
    public init(floatLiteral value: Double) { self = .number("\(value)") }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
