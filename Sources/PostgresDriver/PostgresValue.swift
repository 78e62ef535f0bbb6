/// One parameter of a statement. Always sent in PostgreSQL's binary format, never as part of the SQL.
public enum PostgresValue: Sendable, Hashable {
    /// NULL, of whatever type the statement declares.
    case null
    case bool(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case float4(Float)
    case float8(Double)
    /// A text without NUL: PostgreSQL cannot hold U+0000, so the driver refuses it.
    case text(String)
    /// A `bytea`.
    case bytes([UInt8])
    /// A `jsonb`, as the UTF-8 bytes of its JSON text.
    case jsonb(bytes: [UInt8])
    case timestamptz(PostgresTimestamp)
    case boolArray([Bool?])
    case int2Array([Int16?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    /// A `real[]` without nulls: an embedding.
    case realArray([Float])
    case textArray([String?])
    case bytesArray([[UInt8]?])
    /// A `jsonb[]`; each element the UTF-8 bytes of its JSON text.
    case jsonbArray([[UInt8]?])
    case timestamptzArray([PostgresTimestamp?])

    /// A `timestamptz` from microseconds since 1970-01-01T00:00:00Z.
    public static func timestamptz(microsecondsSinceUnixEpoch microseconds: Int64) -> PostgresValue {
        .timestamptz(.instant(microsecondsSinceUnixEpoch: microseconds))
    }

    /// The type this value is encoded as; nil for NULL, which fits every type.
    public var type: PostgresType? {
        switch self {
        case .null: nil
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .float4: .float4
        case .float8: .float8
        case .text: .text
        case .bytes: .bytea
        case .jsonb: .jsonb
        case .timestamptz: .timestamptz
        case .boolArray: .boolArray
        case .int2Array: .int2Array
        case .int4Array: .int4Array
        case .int8Array: .int8Array
        case .realArray: .float4Array
        case .textArray: .textArray
        case .bytesArray: .byteaArray
        case .jsonbArray: .jsonbArray
        case .timestamptzArray: .timestamptzArray
        }
    }
}
