import MemoryModel
import StrictJSON

/// Reads the members of one object of a request, and knows the path of each for error messages.
///
/// Ask for every member the object may have, then call `finish()`, which refuses the others. A null is refused where it is
/// asked for, unless the asker says that null is allowed.
struct ObjectReader {
    private let path: String
    /// A handful, searched one after the other.
    private var members: [JSONMember] = []
    private var unknown: String?

    /// Looks at `view`, whose path from `params` is `path` ("" for `params` itself).
    init(_ view: JSONView?, path: String, known: [String]) throws(StoreError) {
        self.path = path
        guard let view else { return }
        guard view.kind == .object else {
            let name = path.isEmpty ? "params" : path
            throw .invalid(name, "\(name) must be an object, got \(view.kind.phrase)")
        }
        for member in view.members {
            guard known.contains(member.name) else {
                unknown = member.name
                break
            }
            members.append(member)
        }
    }

    /// The path of the member `name`.
    func path(of name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    /// Refuses an object with a member that its reader does not know.
    func rejectUnknown(hint: (String) -> String? = { _ in nil }) throws(StoreError) {
        guard let unknown else { return }
        let field = path(of: String(unknown.unicodeScalars.prefix(128)))
        throw .invalid(field, hint(unknown) ?? "unknown field \(field)")
    }

    private func value(_ name: String) -> JSONView? {
        members.first { $0.name == name }?.value
    }

    /// The member `name`, or nil when it is absent.
    func optional(_ name: String) throws(StoreError) -> JSONView? {
        guard let value = value(name) else { return nil }
        if value.isNull { throw .invalid(path(of: name), "\(path(of: name)) must not be null; leave it out") }
        return value
    }

    /// The member `name`, or nil when it is absent or null.
    func nullable(_ name: String) -> JSONView? {
        guard let value = value(name), !value.isNull else { return nil }
        return value
    }

    /// The member `name`.
    func required(_ name: String) throws(StoreError) -> JSONView {
        guard let value = try optional(name) else {
            throw .invalid(path(of: name), "\(path(of: name)) is required")
        }
        return value
    }

    /// An integer member in `range`, or nil when it is absent.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(StoreError) -> Int64? {
        guard let value = try optional(name) else { return nil }
        guard let number = value.int64, range.contains(number) else {
            let bounds =
                range.upperBound == .max
                ? "an integer of at least \(range.lowerBound)"
                : "an integer between \(range.lowerBound) and \(range.upperBound)"
            throw .invalid(path(of: name), "\(path(of: name)) must be \(bounds), got \(value.excerpt)")
        }
        return number
    }

    /// A boolean member, or nil when it is absent.
    func boolean(_ name: String) throws(StoreError) -> Bool? {
        guard let value = try optional(name) else { return nil }
        guard let boolean = value.boolean else {
            throw .invalid(path(of: name), "\(path(of: name)) must be a boolean, got \(value.kind.phrase)")
        }
        return boolean
    }

    /// A string in `value`, at `field`.
    static func string(_ value: JSONView, at field: String) throws(StoreError) -> String {
        guard let string = value.string else {
            throw .invalid(field, "\(field) must be a string, got \(value.kind.phrase)")
        }
        return string
    }

    /// The elements of an array member with `range` elements, each with its path, or nil when it is absent.
    func elements(_ name: String, count range: ClosedRange<Int>) throws(StoreError) -> [(
        path: String, value: JSONView
    )]? {
        guard let values = try values(name, count: range) else { return nil }
        let field = path(of: name)
        return values.enumerated().map { ("\(field)[\($0.offset)]", $0.element) }
    }

    /// The same without their paths, for many.
    func values(_ name: String, count range: ClosedRange<Int>) throws(StoreError) -> [JSONView]? {
        guard let array = try optional(name) else { return nil }
        let field = path(of: name)
        guard array.kind == .array else { throw .invalid(field, "\(field) must be an array, got \(array.kind.phrase)") }
        var elements: [JSONView] = []
        var count = 0
        for value in array.elements {
            if count < range.upperBound { elements.append(value) }
            count += 1
        }
        guard range.contains(count) else {
            throw .invalid(
                field, "\(field) must have \(range.lowerBound) to \(range.upperBound) elements, got \(count)")
        }
        return elements
    }
}
