/// A JSON text that passed the strict validation, ready to be looked into.
public struct JSONDocument: Sendable {
    /// The text's outermost value.
    public let root: JSONView

    /// Validates `bytes`: RFC 8259 in UTF-8 without a byte order mark, duplicate keys, U+0000, lone surrogates or numbers
    /// outside a double, nested at most `maximumDepth` deep (the outermost container is depth 1).
    public init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONSyntaxError) {
        let outcome = Self.parse(bytes, maximumDepth: maximumDepth, watching: nil)
        root = try outcome.document.get().root
    }

    private init(root: JSONView) {
        self.root = root
    }

    /// The outcome of a parse that also reports one member of the outermost object, even when the text is faulty later.
    public struct Outcome: Sendable {
        /// The document, or why the text is not JSON.
        public let document: Result<JSONDocument, JSONSyntaxError>

        /// The watched member's value, when it was read before any fault.
        public let watched: JSONView?
    }

    /// Parses like `init(parsing:maximumDepth:)` and remembers the outermost object's member named `watching`.
    public static func parse(_ bytes: [UInt8], maximumDepth: Int, watching: StaticString?) -> Outcome {
        bytes.withUnsafeBufferPointer { buffer in
            var validator = JSONValidator(buffer, maximumDepth: maximumDepth, watching: watching)
            let root: Range<Int>
            do throws(JSONSyntaxError) {
                root = try validator.validate()
            } catch {
                // The outline of a faulty text is incomplete.
                let watched = validator.watchedValue.map { JSONView(bytes: bytes, range: $0) }
                return Outcome(document: .failure(error), watched: watched)
            }
            let source = JSONSource(bytes, outline: validator.outline)
            return Outcome(
                document: .success(JSONDocument(root: JSONView(source: source, range: root))),
                watched: validator.watchedValue.map { JSONView(source: source, range: $0) })
        }
    }
}
