import Foundation
import StrictJSON
import Synchronization

/// The files of `schema/protocol`, and a validator for the part of JSON Schema (draft 2020-12) that they use. A keyword that
/// it does not know is an error, so that nothing goes unchecked in silence.
struct JSONSchema {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schema/protocol")

    private static let documents = Mutex<[String: JSONView]>([:])

    /// The document at `path` in the folder, read once.
    static func document(_ path: String) throws -> JSONView {
        if let document = documents.withLock({ $0[path] }) { return document }
        let document = try JSONDocument(parsing: Array(Data(contentsOf: folder.appending(path: path)))).root
        documents.withLock { $0[path] = document }
        return document
    }

    /// The names of the methods that have a file.
    static func methodNames() throws -> Set<String> {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "methods").path)
        return Set(names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) })
    }

    let node: JSONView
    let root: JSONView
    let path: String

    /// The schema at `pointer` (such as `$defs/params`) of a document.
    init(_ path: String, at pointer: String = "") throws {
        self.path = path
        root = try Self.document(path)
        node = try Self.follow(pointer, in: root)
    }

    private init(node: JSONView, root: JSONView, path: String) {
        (self.node, self.root, self.path) = (node, root, path)
    }

    /// What is wrong with `value`; nil when it is valid.
    func fault(in value: JSONView, at place: String = "") throws -> String? {
        if node.kind == .boolean { return node.boolean == true ? nil : "\(place) is not allowed" }
        for member in node.members {
            let rule = member.value
            let fault: String? =
                switch member.name {
                case "$schema", "title", "description", "$defs", "default", "examples": nil
                case "$ref": try resolve(rule.string ?? "").fault(in: value, at: place)
                case "type", "enum", "const": try scalarFault(member.name, rule, value)
                case "minLength", "maxLength", "pattern": try stringFault(member.name, rule, value)
                case "minimum", "maximum": Self.boundFault(member.name, rule, value)
                case "items", "minItems", "maxItems": try arrayFault(member.name, rule, value, place)
                case "anyOf", "oneOf": try combinationFault(member.name, rule, value, place)
                case "properties", "required", "additionalProperties", "propertyNames", "minProperties",
                    "maxProperties":
                    try objectFault(member.name, rule, value, place)
                default: throw Fault(description: "\(path): unknown keyword \(member.name)")
                }
            if let fault { return fault.hasPrefix("/") ? fault : "\(place.isEmpty ? "/" : place) \(fault)" }
        }
        return nil
    }

    /// The names in `properties`, and those that are required.
    var fields: (all: Set<String>, required: Set<String>) {
        let required = node["required"].map { $0.elements.compactMap(\.string) } ?? []
        return (Set(node["properties"].map { $0.members.map(\.name) } ?? []), Set(required))
    }

    /// The schema of the property `name`, references followed.
    func property(_ name: String) throws -> JSONSchema {
        guard let property = node["properties"]?[name] else { throw Fault(description: "\(path): no property \(name)") }
        return try child(property).resolved()
    }

    /// The schema of an array's elements, references followed.
    func items() throws -> JSONSchema {
        guard let items = node["items"] else { throw Fault(description: "\(path): no items") }
        return try child(items).resolved()
    }

    /// The number that the keyword `name` has.
    func number(_ name: String) -> Int? { node[name]?.int64.map { Int($0) } }

    private func resolved() throws -> JSONSchema {
        guard let reference = node["$ref"]?.string else { return self }
        return try resolve(reference).resolved()
    }

    private func child(_ view: JSONView) -> JSONSchema { JSONSchema(node: view, root: root, path: path) }

    private func resolve(_ reference: String) throws -> JSONSchema {
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw Fault(description: "\(path): \(reference)") }
        let pointer = String(parts[1].drop { $0 == "/" })
        if parts[0].isEmpty { return JSONSchema(node: try Self.follow(pointer, in: root), root: root, path: path) }
        let isAbove = parts[0].hasPrefix("../")
        return try JSONSchema(isAbove ? String(parts[0].dropFirst(3)) : parts[0], at: pointer)
    }

    private static func follow(_ pointer: String, in root: JSONView) throws -> JSONView {
        try pointer.split(separator: "/").reduce(root) { view, name in
            guard let next = view[String(name)] else { throw Fault(description: "nothing at \(pointer)") }
            return next
        }
    }
}

// MARK: Keywords

extension JSONSchema {
    private func scalarFault(_ keyword: String, _ rule: JSONView, _ value: JSONView) throws -> String? {
        switch keyword {
        case "type":
            let types = rule.kind == .array ? rule.elements.compactMap(\.string) : [rule.string ?? ""]
            let isMet = types.contains { type in
                type == "integer" ? value.int64 != nil : type == value.kind.rawValue
            }
            return isMet ? nil : "is \(value.kind.phrase), not \(types)"
        case "const": return rule.compacted() == value.compacted() ? nil : "is not \(rule.compacted())"
        default:
            return rule.elements.contains { $0.compacted() == value.compacted() }
                ? nil : "is none of \(rule.compacted())"
        }
    }

    private func stringFault(_ keyword: String, _ rule: JSONView, _ value: JSONView) throws -> String? {
        guard let string = value.string else { return nil }
        switch keyword {
        case "minLength": return string.unicodeScalars.count >= rule.int64 ?? 0 ? nil : "is too short"
        case "maxLength": return string.unicodeScalars.count <= rule.int64 ?? 0 ? nil : "is too long"
        default:
            let pattern = try Regex(rule.string ?? "").matchingSemantics(.unicodeScalar)
            return string.firstMatch(of: pattern) != nil ? nil : "does not match \(rule.string ?? "")"
        }
    }

    private static func boundFault(_ keyword: String, _ rule: JSONView, _ value: JSONView) -> String? {
        let isMet =
            if let bound = rule.int64, let number = value.int64 {
                keyword == "minimum" ? number >= bound : number <= bound
            } else if let bound = rule.double, let number = value.double {
                keyword == "minimum" ? number >= bound : number <= bound
            } else {
                true
            }
        return isMet ? nil : "is not within the \(keyword)"
    }

    private func arrayFault(_ keyword: String, _ rule: JSONView, _ value: JSONView, _ place: String) throws -> String? {
        guard value.kind == .array else { return nil }
        switch keyword {
        case "minItems": return Array(value.elements).count >= rule.int64 ?? 0 ? nil : "has too few elements"
        case "maxItems": return Array(value.elements).count <= rule.int64 ?? 0 ? nil : "has too many elements"
        default:
            for (index, element) in value.elements.enumerated() {
                if let fault = try child(rule).fault(in: element, at: "\(place)/\(index)") { return fault }
            }
            return nil
        }
    }

    private func objectFault(_ keyword: String, _ rule: JSONView, _ value: JSONView, _ place: String) throws -> String?
    {
        guard value.kind == .object else { return nil }
        let members = Array(value.members)
        switch keyword {
        case "minProperties": return members.count >= rule.int64 ?? 0 ? nil : "has too few members"
        case "maxProperties": return members.count <= rule.int64 ?? 0 ? nil : "has too many members"
        case "required":
            return rule.elements.compactMap(\.string).first { name in value[name] == nil }.map { "lacks \($0)" }
        case "propertyNames":
            for member in members {
                let name = try JSONDocument(parsing: Array("\"\(member.name)\"".utf8)).root
                if let fault = try child(rule).fault(in: name, at: "\(place)/\(member.name)") { return fault }
            }
            return nil
        default:
            for member in members {
                let own = node["properties"]?[member.name]
                guard let schema = keyword == "properties" ? own : own == nil ? rule : nil else { continue }
                if let fault = try child(schema).fault(in: member.value, at: "\(place)/\(member.name)") { return fault }
            }
            return nil
        }
    }

    private func combinationFault(
        _ keyword: String, _ rule: JSONView, _ value: JSONView, _ place: String
    ) throws -> String? {
        let faults = try rule.elements.map { try child($0).fault(in: value, at: place) }
        let fitting = faults.filter { $0 == nil }.count
        if keyword == "anyOf" ? fitting > 0 : fitting == 1 { return nil }
        return "fits \(fitting) of \(faults.count): \(faults.compactMap { $0 }.joined(separator: "; "))"
    }
}
