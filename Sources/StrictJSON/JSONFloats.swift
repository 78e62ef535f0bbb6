/// An array of numbers within float32, read in one pass.
package struct JSONFloats: Sendable {
    /// The numbers before the first fault, at most as many as were asked for.
    package private(set) var values: [Float] = []

    /// How many elements the array has.
    package private(set) var count = 0

    /// The first element, of those asked for, that is no number within float32.
    package private(set) var fault: JSONView?

    fileprivate init(_ array: JSONView, atMost maximum: Int) {
        let source = array.source
        var walk = JSONWalk(array, ifIt: .array)
        source.bytes.withUnsafeBufferPointer { bytes in
            while let (range, short) = walk.nextNumber(source, bytes) {
                count += 1
                guard count <= maximum, fault == nil else { continue }
                if let number = Self.float(short, UnsafeBufferPointer(rebasing: bytes[range])) {
                    values.append(number)
                } else {
                    fault = JSONView(source: source, range: range)
                }
            }
        }
    }

    private static func float(_ short: Double?, _ token: UnsafeBufferPointer<UInt8>) -> Float? {
        guard short != nil || JSONKind(firstByte: token[0]) == .number else { return nil }
        let number = Float(short ?? JSONNumber.double(token))
        return number.isFinite ? number : nil
    }
}

extension JSONView {
    /// The numbers of an array, of which the first `maximum` are wanted; none for other kinds.
    package func floats(atMost maximum: Int) -> JSONFloats { JSONFloats(self, atMost: maximum) }
}
