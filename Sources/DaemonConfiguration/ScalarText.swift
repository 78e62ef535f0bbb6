/// How texts of unknown content are printed: on one line, and so that YAML reads them back unchanged.
enum ScalarText {
    /// A YAML double-quoted scalar (YAML 1.2.2, section 7.3.1).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: result += isPlain(scalar) ? String(scalar) : escaped(scalar)
            }
        }
        return result + "\""
    }

    /// The text with control characters and line breaks escaped.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.map { isPlain($0) ? String($0) : escaped($0) }.joined()
    }

    /// Text for a message, quoted, and cut at 100 characters so that no input can flood a log.
    static func excerpt(_ text: String) -> String {
        let limit = 100
        return text.count <= limit ? quoted(text) : quoted(String(text.prefix(limit))) + "…"
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
    }
}
