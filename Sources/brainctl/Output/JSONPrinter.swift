import BrainClient

/// JSON for people: indented, and coloured where colours may be used.
struct JSONPrinter {
    let terminal: Terminal

    /// `view` over several lines, each further one indented by `margin` spaces more.
    func print(_ view: JSONView, margin: Int = 0) -> String {
        switch view.kind {
        case .object:
            let members = view.members.map { member in
                terminal.paint(quoted(member.name), .cyan) + ": " + print(member.value, margin: margin + 2)
            }
            return bracketed("{", members, "}", margin)
        case .array:
            let elements = view.elements.map { print($0, margin: margin + 2) }
            // Short lists of numbers and words read better on one line.
            if !elements.isEmpty, !elements.contains(where: { $0.contains("\n") }), isShort(view) {
                return "[" + elements.joined(separator: ", ") + "]"
            }
            return bracketed("[", elements, "]", margin)
        case .string: return terminal.paint(quoted(view.string ?? ""), .green)
        case .number, .boolean, .null: return terminal.paint("\(view.compacted())", .yellow)
        }
    }

    private func isShort(_ view: JSONView) -> Bool {
        view.rawBytes.count <= 72
    }

    private func bracketed(_ open: String, _ parts: [String], _ close: String, _ margin: Int) -> String {
        guard !parts.isEmpty else { return open + close }
        let indent = "\n" + String(repeating: " ", count: margin + 2)
        return open + indent + parts.joined(separator: "," + indent) + "\n" + String(repeating: " ", count: margin)
            + close
    }

    /// The string in JSON, with the characters escaped that a terminal would obey.
    private func quoted(_ string: String) -> String {
        var text = ""
        for scalar in "\(JSONValue.string(string))".unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
