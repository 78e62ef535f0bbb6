/// The PostgreSQL types that the driver speaks, by their object identifiers.
///
/// Source: `src/include/catalog/pg_type.dat`; identifiers below 10,000 never change.
public enum PostgresType: UInt32, Sendable, CaseIterable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case json = 114
    case float4 = 700
    case float8 = 701
    case timestamptz = 1184
    case jsonb = 3802
    case boolArray = 1000
    case byteaArray = 1001
    case int2Array = 1005
    case int4Array = 1007
    case textArray = 1009
    case int8Array = 1016
    case float4Array = 1021
    case float8Array = 1022
    case timestamptzArray = 1185
    case jsonbArray = 3807
}
