/// What one source says about one key, not yet checked.
struct ConfigurationEntry: Sendable {
    /// A text and the place it stands at.
    struct Item: Sendable {
        let text: String
        let source: ConfigurationSource
    }

    /// One text, or a list of them with the place where the list begins.
    enum Content: Sendable {
        case scalar(Item)
        case list([Item], ConfigurationSource)
    }

    let key: ConfigurationKey
    let content: Content

    /// Where the value begins.
    var source: ConfigurationSource {
        switch content {
        case .scalar(let item): item.source
        case .list(_, let source): source
        }
    }

    /// The rules in one text: with semicolons or newlines between them, since a rule itself has commas and spaces.
    static func listItems(_ text: String) -> [String] {
        text.split { $0 == ";" || $0.isNewline }
            .map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
            .filter { !$0.isEmpty }
    }
}
