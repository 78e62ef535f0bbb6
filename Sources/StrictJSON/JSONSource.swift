/// A valid JSON text and what is known of it: one object, so that views of its parts cost one reference each.
final class JSONSource: Sendable {
    /// The text.
    let bytes: [UInt8]

    /// What the validation told; empty for a text that was not validated here.
    private let outline: JSONOutline

    init(_ bytes: [UInt8], outline: JSONOutline = JSONOutline()) {
        self.bytes = bytes
        self.outline = outline
    }

    /// What is known of the array or object that begins at `start`.
    func container(at start: Int) -> JSONOutline.Container? { outline.container(at: start) }

    /// The position after the value that begins at `position` of `bytes`, which are the text's.
    func endOfValue(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        switch bytes[position] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            container(at: position)?.end ?? JSONScanner.endOfContainer(bytes, from: position)
        default: JSONScanner.endOfValue(bytes, from: position)
        }
    }
}
