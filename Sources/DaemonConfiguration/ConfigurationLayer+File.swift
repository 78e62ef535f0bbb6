import Configuration
import Foundation
import Yams

/// The YAML file. Keys may be nested (`postgres: {pool_size: 8}`) or dotted (`postgres.pool_size: 8`).
extension ConfigurationLayer {
    /// Scans a file.
    static func file(_ path: String) throws(ConfigurationErrors) -> ConfigurationLayer {
        let data = try ConfigurationFile.contents(of: path)
        let root: Node?
        do {
            root = try Parser(yaml: data, encoding: .utf8).singleRoot()
        } catch {
            throw ConfigurationErrors(YAMLMistake(error, path: path).error)
        }
        var layer = ConfigurationLayer()
        guard let root, !root.isEmptyScalar else { return layer }
        guard let mapping = root.mapping else {
            let source = ConfigurationSource.file(path: path, line: root.mark?.line)
            throw ConfigurationErrors(
                .init(.malformedFile, source, "the file must hold keys and values, \"key: value\""))
        }
        layer.scan(mapping, group: nil, path: path)
        // A file with mistakes is never read from, and the stricter provider might refuse it.
        if layer.errors.isEmpty { layer.provider = try yamlProvider(data, path: path) }
        return layer
    }

    private mutating func scan(_ mapping: Node.Mapping, group: String?, path: String) {
        for (nameNode, value) in mapping {
            let source = ConfigurationSource.file(path: path, line: nameNode.mark?.line)
            guard let last = nameNode.scalar?.string else {
                errors.append(.init(.malformedFile, key: group, source, "a key must be a plain name"))
                continue
            }
            let name = group.map { $0 + "." + last } ?? last
            if let key = ConfigurationKeys.key(named: name) {
                add(key, value, source: source, path: path)
            } else if ConfigurationKeys.isGroup(name) {
                addGroup(name, value, source: source, path: path)
            } else {
                addUnknown(name, value, source: source, path: path)
            }
        }
    }

    private mutating func addGroup(_ name: String, _ value: Node, source: ConfigurationSource, path: String) {
        if let nested = value.mapping {
            scan(nested, group: name, path: path)
        } else if !value.isEmptyScalar {
            errors.append(.init(.badValue, key: name, source, "got a value; \(name) is a group of keys"))
        }
    }

    private mutating func addUnknown(_ name: String, _ value: Node, source: ConfigurationSource, path: String) {
        let nested = value.mapping.map(Array.init) ?? []
        let names = nested.compactMap { entry in
            entry.key.scalar.map { (name + "." + $0.string, entry.key.mark?.line) }
        }
        let unknown = names.isEmpty ? [(name, nil)] : names
        for (name, line) in unknown {
            let suggestion = Suggestion.text(for: name, among: ConfigurationKeys.all.map(\.name))
            let place = line.map { ConfigurationSource.file(path: path, line: $0) } ?? source
            errors.append(.init(.unknownKey, key: name, place, "unknown key" + suggestion))
        }
    }

    private mutating func add(_ key: ConfigurationKey, _ value: Node, source: ConfigurationSource, path: String) {
        if let earlier = entry(for: key) {
            errors.append(.init(.duplicateKey, key: key.name, source, "given before at \(earlier.source)"))
        } else if value.isEmptyScalar {
            let allowed = key.allowedDescription
            errors.append(.init(.missingValue, key: key.name, source, "has no value; allowed: \(allowed)"))
        } else if let scalar = value.scalar {
            entries.append(.init(key: key, content: .scalar(.init(text: scalar.string, source: source))))
        } else if let sequence = value.sequence {
            addList(key, sequence, source: source, path: path)
        } else {
            errors.append(
                .init(.badValue, key: key.name, source, "got a group of keys; allowed: \(key.allowedDescription)"))
        }
    }

    private mutating func addList(
        _ key: ConfigurationKey, _ sequence: Node.Sequence, source: ConfigurationSource, path: String
    ) {
        var items: [ConfigurationEntry.Item] = []
        for (index, node) in sequence.enumerated() {
            let place = ConfigurationSource.file(path: path, line: node.mark?.line)
            if let scalar = node.scalar, !node.isEmptyScalar {
                items.append(.init(text: scalar.string, source: place))
            } else {
                errors.append(.init(.badValue, key: "\(key.name)[\(index)]", place, "each item must be a string"))
            }
        }
        entries.append(.init(key: key, content: .list(items, source)))
    }

    private static func yamlProvider(_ data: Data, path: String) throws(ConfigurationErrors) -> any ConfigProvider {
        let secrets = Set(ConfigurationKeys.all.filter(\.isSecret).map(\.name))
        do {
            return SnapshotProvider(
                yaml: try YAMLSnapshot(
                    data: data.bytes, providerName: "file",
                    parsingOptions: .init(secretsSpecifier: .specific(secrets))))
        } catch {
            throw ConfigurationErrors(.init(.malformedFile, .file(path: path, line: nil), "\(error)"))
        }
    }
}

extension Node {
    /// Whether nothing stands there, or one of YAML's words for nothing.
    fileprivate var isEmptyScalar: Bool {
        guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
