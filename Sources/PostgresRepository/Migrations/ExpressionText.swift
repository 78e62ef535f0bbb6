/// An expression as PostgreSQL prints it, with chains of AND and of OR made flat.
///
/// A condition made of `x BETWEEN 1 AND 9 AND y` is kept, and printed, as `((a AND b) AND c)`. Its text in a dump is read
/// back as one chain, `(a AND b AND c)`: the same condition, which must not count as another.
enum ExpressionText {
    private indirect enum Part: Equatable {
        case text(String)
        case group([Part])
    }

    /// The text without the parentheses of a chain within a chain of the same kind.
    static func flattened(_ text: String) -> String {
        var rest = Substring(text)
        var parts: [Part] = []
        // An unbalanced parenthesis, within a function's text perhaps, stands for itself.
        while !rest.isEmpty {
            parts += parse(&rest)
            if !rest.isEmpty { parts.append(.text(String(rest.removeFirst()))) }
        }
        return print(parts.map(flattened))
    }

    /// Reads up to the parenthesis that closes this group, which is left to the caller.
    private static func parse(_ rest: inout Substring) -> [Part] {
        var parts: [Part] = []
        var text = ""
        var isQuoted = false
        while let next = rest.first, isQuoted || next != ")" {
            rest.removeFirst()
            if next == "'" { isQuoted.toggle() }
            guard next == "(", !isQuoted else {
                text.append(next)
                continue
            }
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            parts.append(.group(parse(&rest)))
            if !rest.isEmpty { rest.removeFirst() }
        }
        return text.isEmpty ? parts : parts + [.text(text)]
    }

    private static func flattened(_ part: Part) -> Part {
        guard case .group(let members) = part else { return part }
        let inner = members.map(flattened)
        guard let link = link(of: inner) else { return .group(inner) }
        return .group(
            inner.flatMap { member -> [Part] in
                if case .group(let chain) = member, self.link(of: chain) == link { return chain }
                return [member]
            })
    }

    /// The word between the members of a chain, or nil when it is none.
    private static func link(of parts: [Part]) -> Part? {
        guard parts.count >= 3, parts.count % 2 == 1, [.text(" AND "), .text(" OR ")].contains(parts[1]) else {
            return nil
        }
        for (index, part) in parts.enumerated() {
            if index % 2 == 1, part != parts[1] { return nil }
            if index % 2 == 0, case .text = part { return nil }
        }
        return parts[1]
    }

    private static func print(_ parts: [Part]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .group(let members): "(" + print(members) + ")"
            }
        }.joined()
    }
}
