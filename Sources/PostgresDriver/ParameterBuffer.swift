/// The values of one statement, encoded in PostgreSQL's binary format in one run of bytes.
///
/// Source of the formats: each type's `*_recv` function in PostgreSQL's `src/backend/utils/adt`.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    /// Where each value begins; nil for NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []

    /// Encodes `values` for `statement`.
    ///
    /// - Throws: `.invalidParameter` for a wrong count or type, a NUL byte in a text, or an instant out of range;
    ///   `.tooLarge` beyond ``PostgresLimits``.
    init(_ values: [PostgresValue], for statement: PostgresStatement) throws(PostgresError) {
        guard values.count == statement.parameterTypes.count, values.count <= PostgresLimits.maximumParameters else {
            throw .invalidParameter(
                "statement \(statement.name) takes \(statement.parameterTypes.count) values, got \(values.count)")
        }
        offsets.reserveCapacity(values.count)
        lengths.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            let declared = statement.parameterTypes[index]
            guard value.type == nil || value.type == declared else {
                throw .invalidParameter("$\(index + 1) of statement \(statement.name) is not of type \(declared)")
            }
            try append(value, at: index, of: statement)
        }
        // An empty array may have no storage, and libpq reads a null pointer as NULL.
        bytes.append(0)
    }

    private mutating func append(
        _ value: PostgresValue, at index: Int, of statement: PostgresStatement
    ) throws(PostgresError) {
        let start = bytes.count
        if case .null = value {
            offsets.append(nil)
            lengths.append(0)
            return
        }
        if let flaw = encode(value) {
            throw .invalidParameter("$\(index + 1) of statement \(statement.name) \(flaw.rawValue)")
        }
        guard bytes.count <= PostgresLimits.maximumParameterBytes else {
            throw .tooLarge(
                "the values of statement \(statement.name) take more than \(PostgresLimits.maximumParameterBytes) bytes"
            )
        }
        offsets.append(start)
        lengths.append(Int32(bytes.count - start))
    }

    /// Runs `body` with the three parallel arrays that libpq wants: pointers, lengths, formats (all binary).
    func withPointers<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        bytes.withUnsafeBytes { storage in
            let pointers = offsets.map { offset in
                offset.flatMap { storage.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            let formats = [Int32](repeating: 1, count: offsets.count)
            return pointers.withUnsafeBufferPointer { pointers in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }

    /// How many values there are.
    var count: Int32 { Int32(offsets.count) }
}

extension ParameterBuffer {
    private enum Flaw: String {
        case nulByte = "holds a NUL byte, which PostgreSQL's text cannot"
        case instantOutOfRange = "is an instant out of range"
    }

    private mutating func encode(_ value: PostgresValue) -> Flaw? {
        switch value {
        case .null: return nil
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int2(let value): append(value)
        case .int4(let value): append(value)
        case .int8(let value): append(value)
        case .float4(let value): append(value.bitPattern)
        case .float8(let value): append(value.bitPattern)
        case .text(let value): return append(text: value)
        case .bytes(let value): bytes.append(contentsOf: value)
        case .jsonb(let value): append(jsonb: value)
        case .timestamptz(let value): return append(value)
        case .boolArray(let values):
            return append(values, of: .bool) {
                $0.bytes.append($1 ? 1 : 0); return nil
            }
        case .int2Array(let values):
            return append(values, of: .int2) {
                $0.append($1); return nil
            }
        case .int4Array(let values):
            return append(values, of: .int4) {
                $0.append($1); return nil
            }
        case .int8Array(let values):
            return append(values, of: .int8) {
                $0.append($1); return nil
            }
        case .realArray(let values): append(reals: values)
        case .textArray(let values):
            return append(values, of: .text) { $0.append(text: $1) }
        case .bytesArray(let values):
            return append(values, of: .bytea) {
                $0.bytes.append(contentsOf: $1); return nil
            }
        case .jsonbArray(let values):
            return append(values, of: .jsonb) {
                $0.append(jsonb: $1); return nil
            }
        case .timestamptzArray(let values):
            return append(values, of: .timestamptz) { $0.append($1) }
        }
        return nil
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(text: String) -> Flaw? {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        return bytes[start...].contains(0) ? .nulByte : nil
    }

    private mutating func append(jsonb: [UInt8]) {
        bytes.append(1)  // the version of jsonb's wire format
        bytes.append(contentsOf: jsonb)
    }

    private mutating func append(_ timestamp: PostgresTimestamp) -> Flaw? {
        guard let value = timestamp.wireValue else { return .instantOutOfRange }
        append(value)
        return nil
    }

    /// The header of a one-dimensional array: dimensions, whether there are nulls, element type, length, first index.
    private mutating func appendArrayHeader(count: Int, hasNulls: Bool, of element: PostgresType) {
        append(Int32(count == 0 ? 0 : 1))
        append(Int32(hasNulls ? 1 : 0))
        append(element.rawValue)
        guard count > 0 else { return }
        append(Int32(truncatingIfNeeded: count))
        append(Int32(1))
    }

    private mutating func append<Element>(
        _ values: [Element?], of type: PostgresType, _ encodeElement: (inout ParameterBuffer, Element) -> Flaw?
    ) -> Flaw? {
        appendArrayHeader(count: values.count, hasNulls: values.contains { $0 == nil }, of: type)
        for value in values {
            guard let value else {
                append(Int32(-1))
                continue
            }
            let lengthAt = bytes.count
            append(Int32(0))
            if let flaw = encodeElement(&self, value) { return flaw }
            let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
            for place in 0..<4 {
                bytes[lengthAt + place] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * place))
            }
        }
        return nil
    }

    private mutating func append(reals: [Float]) {
        appendArrayHeader(count: reals.count, hasNulls: false, of: .float4)
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: 8 * reals.count))
        bytes.withUnsafeMutableBytes { bytes in
            for (index, real) in reals.enumerated() {
                // Each element is its length (4) and its bits: written as one 64-bit number.
                let element = UInt64(4) << 32 | UInt64(real.bitPattern)
                bytes.storeBytes(of: element.bigEndian, toByteOffset: start + 8 * index, as: UInt64.self)
            }
        }
    }
}
