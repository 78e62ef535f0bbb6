import CLibPQ

extension PostgresRows {
    /// A `bool`.
    public func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try decode(row, column, as: .bool) { $0.count == 1 ? $0[0] != 0 : nil }
    }

    /// A `smallint`.
    public func int2(_ row: Int, _ column: Int) throws(PostgresError) -> Int16 {
        try decode(row, column, as: .int2) { BinaryReader.integer($0, as: Int16.self) }
    }

    /// An `integer`.
    public func int4(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        try decode(row, column, as: .int4) { BinaryReader.integer($0, as: Int32.self) }
    }

    /// A `bigint`.
    public func int8(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try decode(row, column, as: .int8) { BinaryReader.integer($0, as: Int64.self) }
    }

    /// A `smallint`, `integer` or `bigint`, widened.
    public func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        switch PQftype(storage.result, Int32(clamping: column)) {
        case PostgresType.int2.rawValue: Int64(try int2(row, column))
        case PostgresType.int4.rawValue: Int64(try int4(row, column))
        default: try int8(row, column)
        }
    }

    /// A `real`.
    public func float4(_ row: Int, _ column: Int) throws(PostgresError) -> Float {
        try decode(row, column, as: .float4) { BinaryReader.integer($0, as: UInt32.self).map(Float.init(bitPattern:)) }
    }

    /// A `double precision`.
    public func float8(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
        try decode(row, column, as: .float8) { BinaryReader.integer($0, as: UInt64.self).map(Double.init(bitPattern:)) }
    }

    /// A value of any type whose wire format is its text: `text`, `varchar`, `name`, `json`; also `jsonb`.
    public func text(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        let type = PQftype(storage.result, Int32(clamping: column))
        let bytes = try raw(row, column)
        switch PostgresType(rawValue: type) {
        case .text, .json, .jsonb, nil: break
        default: throw violation(row, column, "text")
        }
        return withExtendedLifetime(storage) {
            String(decoding: bytes.dropFirst(type == PostgresType.jsonb.rawValue ? 1 : 0), as: UTF8.self)
        }
    }

    /// A `bytea`, copied.
    public func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        try decode(row, column, as: .bytea) { [UInt8]($0) }
    }

    /// A `timestamptz`.
    public func timestamptz(_ row: Int, _ column: Int) throws(PostgresError) -> PostgresTimestamp {
        try decode(row, column, as: .timestamptz) { Self.timestamp($0) }
    }

    /// A `real[]` of one dimension without NULL elements.
    public func realArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Float] {
        try decode(row, column, as: .float4Array) { BinaryReader.reals($0) }
    }

    /// A `text[]` of one dimension.
    public func textArray(_ row: Int, _ column: Int) throws(PostgresError) -> [String?] {
        try array(row, column, as: .textArray, of: .text) { String(decoding: $0, as: UTF8.self) }
    }

    /// A `smallint[]` of one dimension.
    public func int2Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int16?] {
        try array(row, column, as: .int2Array, of: .int2) { BinaryReader.integer($0, as: Int16.self) }
    }

    /// An `integer[]` of one dimension.
    public func int4Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int32?] {
        try array(row, column, as: .int4Array, of: .int4) { BinaryReader.integer($0, as: Int32.self) }
    }

    /// A `bigint[]` of one dimension.
    public func int8Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int64?] {
        try array(row, column, as: .int8Array, of: .int8) { BinaryReader.integer($0, as: Int64.self) }
    }

    /// A `boolean[]` of one dimension.
    public func boolArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Bool?] {
        try array(row, column, as: .boolArray, of: .bool) { $0.count == 1 ? $0[0] != 0 : nil }
    }

    /// A `bytea[]` of one dimension.
    public func bytesArray(_ row: Int, _ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try array(row, column, as: .byteaArray, of: .bytea) { [UInt8]($0) }
    }

    /// A `jsonb[]` of one dimension; each element the UTF-8 bytes of its JSON text.
    public func jsonbArray(_ row: Int, _ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try array(row, column, as: .jsonbArray, of: .jsonb) { $0.first == 1 ? [UInt8]($0.dropFirst()) : nil }
    }

    /// A `timestamptz[]` of one dimension.
    public func timestamptzArray(_ row: Int, _ column: Int) throws(PostgresError) -> [PostgresTimestamp?] {
        try array(row, column, as: .timestamptzArray, of: .timestamptz) { Self.timestamp($0) }
    }

    private static func timestamp(_ bytes: UnsafeRawBufferPointer) -> PostgresTimestamp? {
        BinaryReader.integer(bytes, as: Int64.self).flatMap(PostgresTimestamp.init(wireValue:))
    }

    private func array<Element>(
        _ row: Int, _ column: Int, as type: PostgresType, of elementType: PostgresType,
        _ decodeElement: (UnsafeRawBufferPointer) -> Element?
    ) throws(PostgresError) -> [Element?] {
        try decode(row, column, as: type) { bytes in
            BinaryReader.array(bytes, of: elementType) { element -> Element?? in
                guard let element else { return .some(nil) }
                return decodeElement(element).map(Optional.some)
            }
        }
    }
}
