/// Reads PostgreSQL's binary format from bytes that someone else keeps alive; never past their end.
struct BinaryReader {
    private(set) var rest: UnsafeRawBufferPointer.SubSequence

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    /// The next integer, big-endian; nil where too few bytes are left.
    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        guard let bytes = take(MemoryLayout<Value>.size) else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    /// The next `count` bytes; nil where fewer are left or `count` is negative.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, rest.count >= count else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = rest.dropFirst(count)
        return bytes
    }
}

extension BinaryReader {
    /// The elements of a one-dimensional array of `type`, each given to `decode` (nil for a NULL element).
    ///
    /// - Returns: nil where the bytes are not such an array, or `decode` refused an element by answering nil.
    static func array<Element>(
        _ bytes: UnsafeRawBufferPointer, of type: PostgresType, _ decode: (UnsafeRawBufferPointer?) -> Element?
    ) -> [Element]? {
        var reader = BinaryReader(bytes)
        guard let dimensions = reader.integer(Int32.self), reader.integer(Int32.self) != nil,
            reader.integer(UInt32.self) == type.rawValue
        else { return nil }
        if dimensions == 0 { return reader.rest.isEmpty ? [] : nil }
        guard dimensions == 1, let count = reader.integer(Int32.self), reader.integer(Int32.self) != nil,
            // Each element takes at least its length's four bytes: a false count allocates nothing.
            count >= 0, Int(count) * 4 <= reader.rest.count
        else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.integer(Int32.self) else { return nil }
            var element: UnsafeRawBufferPointer?
            if length != -1 {
                guard let bytes = reader.take(Int(length)) else { return nil }
                element = bytes
            }
            guard let decoded = decode(element) else { return nil }
            elements.append(decoded)
        }
        return reader.rest.isEmpty ? elements : nil
    }

    /// The elements of a one-dimensional `real[]` without nulls; nil where the bytes are not one.
    static func reals(_ bytes: UnsafeRawBufferPointer) -> [Float]? {
        var reader = BinaryReader(bytes)
        guard let dimensions = reader.integer(Int32.self), reader.integer(Int32.self) != nil,
            reader.integer(UInt32.self) == PostgresType.float4.rawValue
        else { return nil }
        if dimensions == 0 { return reader.rest.isEmpty ? [] : nil }
        guard dimensions == 1, let count = reader.integer(Int32.self), reader.integer(Int32.self) != nil, count >= 0,
            reader.rest.count == 8 * Int(count)
        else { return nil }
        let elements = UnsafeRawBufferPointer(rebasing: reader.rest)
        var isSound = true
        let reals = [Float](unsafeUninitializedCapacity: Int(count)) { reals, initialized in
            for index in 0..<Int(count) {
                let element = UInt64(bigEndian: elements.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
                // Its length, and its bits; a null would have the length -1, and no bits.
                isSound = isSound && element >> 32 == 4
                reals.initializeElement(at: index, to: Float(bitPattern: UInt32(truncatingIfNeeded: element)))
            }
            initialized = Int(count)
        }
        return isSound ? reals : nil
    }

    /// The one integer that `bytes` are; nil where their length differs.
    static func integer<Value: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, as: Value.Type) -> Value? {
        guard bytes.count == MemoryLayout<Value>.size else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }
}
