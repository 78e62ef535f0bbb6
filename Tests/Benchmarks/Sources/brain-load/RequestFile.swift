import CLinux
import Glibc

/// Requests to be sent, as frames ready to send, and what must be in their answers.
///
/// The file has a line a request: method, params, then fragments that must stand in the answer, with tabs between. Twelve
/// `@` in the params become a number that grows with each use; in fragments they are the number of the first of the
/// request.
final class RequestFile {
    /// One request: its frame, and where in it what differs from sending to sending.
    struct Template {
        let frame: UnsafeMutableRawBufferPointer
        let numberPositions: [Int]
        let fragments: [Fragment]
    }

    /// Bytes that must stand in an answer.
    struct Fragment {
        let bytes: UnsafeMutableRawBufferPointer
        let numberPosition: Int?
    }

    /// What every frame has before the digits of its id.
    static let prefix = "{\"jsonrpc\":\"2.0\",\"id\":"
    /// Where in a frame the digits of its id begin.
    static let idPosition = 4 + prefix.utf8.count
    /// How many digits an id has.
    static let idDigits = 15
    /// How many digits a placeholder becomes.
    static let numberDigits = 12

    let templates: [Template]
    let longestFrame: Int

    init(path: String) throws {
        guard let file = fopen(path, "r") else { throw LoadError("can't read \(path)") }
        defer { fclose(file) }
        var templates: [Template] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while true {
            let length = getline(&line, &capacity, file)
            guard length > 0, let line else { break }
            let text = UnsafeRawBufferPointer(start: line, count: line[length - 1] == 10 ? length - 1 : length)
            templates.append(try Self.template(text))
        }
        guard !templates.isEmpty else { throw LoadError("no requests in \(path)") }
        self.templates = templates
        longestFrame = templates.reduce(0) { max($0, $1.frame.count) }
    }

    private static func template(_ line: UnsafeRawBufferPointer) throws -> Template {
        let parts = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw LoadError("a line of requests has no params") }
        var text = Array(prefix.utf8) + Array("\(String(repeating: "0", count: idDigits)),\"method\":\"".utf8)
        text += Array(parts[0]) + Array("\",\"params\":".utf8) + Array(parts[1]) + [UInt8(ascii: "}")]
        let length = UInt32(text.count)
        let header = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        let frame = copy(header + text)
        return Template(
            frame: frame, numberPositions: positions(in: UnsafeRawBufferPointer(frame)),
            fragments: parts.dropFirst(2).map { part in
                let bytes = copy(Array(part))
                return Fragment(bytes: bytes, numberPosition: positions(in: UnsafeRawBufferPointer(bytes)).first)
            })
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        copy.copyBytes(from: bytes)
        return UnsafeMutableRawBufferPointer(rebasing: copy[..<bytes.count])
    }

    private static func positions(in bytes: UnsafeRawBufferPointer) -> [Int] {
        let placeholder = [UInt8](repeating: UInt8(ascii: "@"), count: numberDigits)
        var found: [Int] = []
        var start = 0
        guard let base = bytes.baseAddress else { return [] }
        while let hit = find_bytes(base + start, bytes.count - start, placeholder, numberDigits) {
            let position = UnsafeRawPointer(hit) - base
            found.append(position)
            start = position + numberDigits
        }
        return found
    }
}

/// Writes a number as so many digits, zeros before it.
@inline(__always)
func write(_ number: Int, digits: Int, to place: UnsafeMutableRawPointer) {
    var left = number
    var index = digits - 1
    while index >= 0 {
        place.storeBytes(of: UInt8(truncatingIfNeeded: 48 + left % 10), toByteOffset: index, as: UInt8.self)
        left /= 10
        index -= 1
    }
}
