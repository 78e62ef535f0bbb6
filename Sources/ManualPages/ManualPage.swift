/// A manual page in the making: the text that man(1) shows, in the macros of man(7).
public struct ManualPage: Sendable {
    /// The page so far, to be written to a file as it is.
    public private(set) var text: String

    /// Begins a page, such as brainctl(1). It bears no date: the same source makes the same page.
    ///
    /// - Parameters:
    ///   - name: what the page is about, as it is typed.
    ///   - section: the manual's section, 1, 5 or 8.
    ///   - summary: one line without a full stop, shown by apropos(1).
    ///   - version: the product's version.
    public init(name: String, section: Int, summary: String, version: String) {
        text = ".TH \(Self.quoted(name.uppercased())) \(section) \"\" \(Self.quoted("brain-memoryd \(version)"))\n"
        heading("NAME")
        line("\(Self.escaped(name)) \\- \(Self.escaped(summary))")
    }

    /// A section of the page.
    public mutating func heading(_ words: String) { line(".SH \(Self.quoted(words))") }

    /// A part of a section.
    public mutating func subheading(_ words: String) { line(".SS \(Self.quoted(words))") }

    /// Prose as commands and keys have it: lines of a paragraph are filled, an empty line ends it, a line that begins
    /// with two spaces is kept as it is but for them, and a line of capitals, `EXAMPLES`, is emphasised.
    public mutating func prose(_ prose: String) {
        var isLiteral = false
        var isBroken = true
        for part in prose.split(separator: "\n", omittingEmptySubsequences: false) {
            let literal = part.first == " "
            if isLiteral != literal {
                line(literal ? ".PP\n.RS 4\n.nf" : ".fi\n.RE")
                isBroken = true
            }
            isLiteral = literal
            if literal {
                line(Self.textLine(String(part.hasPrefix("  ") ? part.dropFirst(2) : part.dropFirst())))
            } else if part.allSatisfy(\.isWhitespace) {
                isBroken = true
            } else {
                if isBroken { line(".PP") }
                isBroken = false
                let isTitle = part.contains(where: \.isLetter) && part == part.uppercased()
                line(isTitle ? ".B \(Self.escaped(String(part)))" : Self.textLine(String(part)))
            }
        }
        if isLiteral { line(".fi\n.RE") }
    }

    /// A term with what it means: an option, a file, a key.
    ///
    /// - Parameters:
    ///   - term: as it is typed, in bold.
    ///   - detail: prose; paragraphs after the first, and literal lines, are indented like the first.
    public mutating func item(_ term: String, _ detail: String) {
        line(".TP\n.B \(Self.quoted(term))")
        let paragraphs = detail.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        line(Self.textLine(String(paragraphs[0])))
        guard paragraphs.count == 2 else { return }
        line(".RS")
        prose(String(paragraphs[1]))
        line(".RE")
    }

    /// Other pages, such as `brainctl(1)`.
    public mutating func seeAlso(_ pages: [String]) {
        heading("SEE ALSO")
        line(Self.textLine(pages.joined(separator: ", ")))
    }

    private mutating func line(_ line: String) { text += line + "\n" }

    /// A line of prose: one that begins with a dot or a quote would be taken for a macro.
    private static func textLine(_ line: String) -> String {
        let escaped = escaped(line)
        return escaped.first == "." || escaped.first == "'" ? "\\&" + escaped : escaped
    }

    /// An argument of a macro.
    private static func quoted(_ words: String) -> String {
        "\"" + escaped(words).replacing("\"", with: "\\(dq") + "\""
    }

    /// A backslash begins an escape; a hyphen must be one that can be copied and pasted.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    }
}
