import Yams

/// Yams' errors in the words of this module, with the line but without the text of the file, which may hold secrets.
struct YAMLMistake {
    /// The mistake, at its line.
    let error: ConfigurationError

    init(_ error: any Error, path: String) {
        guard let error = error as? YamlError else {
            self.error = .init(.malformedFile, .file(path: path, line: nil), "is not YAML: \(error)")
            return
        }
        func malformed(_ problem: String, line: Int?) -> ConfigurationError {
            .init(.malformedFile, .file(path: path, line: line), "is not YAML: \(problem)")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            self.error = malformed((context.map { $0.text + ", " } ?? "") + problem, line: mark.line)
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            self.error = malformed(problem, line: line)
        case .dataCouldNotBeDecoded:
            self.error = malformed("it is not UTF-8", line: nil)
        case .duplicatedKeysInMapping(let names, let context):
            let repeated = RepeatedKey(names: names, firstLine: context.mark.line, yaml: context.text)
            let message = "given before at \(ConfigurationSource.file(path: path, line: context.mark.line))"
            self.error = .init(
                .duplicateKey, key: repeated.name, .file(path: path, line: repeated.secondLine), message)
        default:
            self.error = malformed("\(error)", line: nil)
        }
    }
}

/// Where in block-style YAML a repeated key is; Yams only tells where it was first, and not in which group.
private struct RepeatedKey {
    /// The dotted name.
    let name: String
    /// The line of the repetition, counted from 1; that of the first one when it is not found.
    let secondLine: Int

    init(names: [String], firstLine: Int, yaml: String) {
        let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        func key(_ index: Int) -> (indent: Int, name: Substring)? {
            let text = lines[index].drop { $0 == " " }
            guard text.first != "#", let colon = text.firstIndex(of: ":") else { return nil }
            return (lines[index].count - text.count, text[..<colon])
        }
        let first = firstLine - 1
        guard lines.indices.contains(first), let own = key(first) else {
            name = names.joined(separator: ", ")
            secondLine = firstLine
            return
        }
        let later = (firstLine..<lines.count).first { index in
            key(index).map { $0.indent == own.indent && $0.name == own.name } ?? false
        }
        secondLine = later.map { $0 + 1 } ?? firstLine
        let group = (0..<first).reversed().lazy.compactMap(key).first { $0.indent < own.indent }
        name = (group.map { $0.name + "." } ?? "") + own.name
    }
}
