import MemoryModel
import StrictJSON

/// Reads the members of one object of a request, and knows the path of each for error messages.
///
/// Call `rejectUnknown()` first, which refuses an object with other members than those it may have. A null is refused where
/// it is asked for, unless the asker says that null is allowed.
struct ObjectReader {
    private let path: ObjectPath
    private let members: JSONObjectIndex?

    /// Looks at `view`, which is at `path`, for the members `known`.
    init(_ view: JSONView?, path: ObjectPath, known: [StaticString]) throws(StoreError) {
        self.path = path
        guard let view else {
            members = nil
            return
        }
        guard view.kind == .object else {
            throw .invalid(path.text, "\(path.text) must be an object, got \(view.kind.phrase)")
        }
        members = JSONObjectIndex(view, known: known)
    }

    /// The path of the member `name`.
    func path(of name: StaticString) -> String { path.member(name) }

    /// Refuses an object with a member that its reader does not know.
    func rejectUnknown(hint: (String) -> String? = { _ in nil }) throws(StoreError) {
        guard let unknown = members?.unknown else { return }
        let field = path.member(String(unknown.unicodeScalars.prefix(128)))
        throw .invalid(field, hint(unknown) ?? "unknown field \(field)")
    }

    /// The member `name`, or nil when it is absent.
    func optional(_ name: StaticString) throws(StoreError) -> JSONView? {
        guard let value = members?[name] else { return nil }
        if value.isNull { throw .invalid(path(of: name), "\(path(of: name)) must not be null; leave it out") }
        return value
    }

    /// The member `name`, or nil when it is absent or null.
    func nullable(_ name: StaticString) -> JSONView? {
        guard let value = members?[name], !value.isNull else { return nil }
        return value
    }

    /// The member `name`.
    func required(_ name: StaticString) throws(StoreError) -> JSONView {
        guard let value = try optional(name) else {
            throw .invalid(path(of: name), "\(path(of: name)) is required")
        }
        return value
    }

    /// An integer member in `range`, or nil when it is absent.
    func integer(_ name: StaticString, in range: ClosedRange<Int64>) throws(StoreError) -> Int64? {
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
    func boolean(_ name: StaticString) throws(StoreError) -> Bool? {
        guard let value = try optional(name) else { return nil }
        guard let boolean = value.boolean else {
            throw .invalid(path(of: name), "\(path(of: name)) must be a boolean, got \(value.kind.phrase)")
        }
        return boolean
    }

    /// A string in `value`, at `field`.
    static func string(_ value: JSONView, at field: @autoclosure () -> String) throws(StoreError) -> String {
        guard let string = value.string else { throw notAString(value, at: field()) }
        return string
    }

    /// The error for `value`, at `field`, where a string should be.
    static func notAString(_ value: JSONView, at field: String) -> StoreError {
        .invalid(field, "\(field) must be a string, got \(value.kind.phrase)")
    }

    /// The elements of an array member with `range` elements, or nil when it is absent.
    func elements(_ name: StaticString, count range: ClosedRange<Int>) throws(StoreError) -> [JSONView]? {
        guard let array = try array(name) else { return nil }
        var elements: [JSONView] = []
        var count = 0
        for value in array.elements {
            if count < range.upperBound { elements.append(value) }
            count += 1
        }
        try check(count, of: name, in: range)
        return elements
    }

    /// The numbers of an array member with `range` elements, or nil when it is absent.
    func floats(_ name: StaticString, count range: ClosedRange<Int>) throws(StoreError) -> [Float]? {
        guard let floats = try array(name)?.floats(atMost: range.upperBound) else { return nil }
        try check(floats.count, of: name, in: range)
        if let fault = floats.fault {
            let field = path(of: name, floats.values.count)
            throw .invalid(field, "\(field) must be a number within float32, got \(fault.excerpt)")
        }
        return floats.values
    }

    /// The path of an element of the member `name`.
    func path(of name: StaticString, _ index: Int) -> String { "\(path(of: name))[\(index)]" }

    private func array(_ name: StaticString) throws(StoreError) -> JSONView? {
        guard let array = try optional(name) else { return nil }
        guard array.kind == .array else {
            throw .invalid(path(of: name), "\(path(of: name)) must be an array, got \(array.kind.phrase)")
        }
        return array
    }

    private func check(_ count: Int, of name: StaticString, in range: ClosedRange<Int>) throws(StoreError) {
        guard range.contains(count) else {
            throw .invalid(
                path(of: name),
                "\(path(of: name)) must have \(range.lowerBound) to \(range.upperBound) elements, got \(count)")
        }
    }
}
