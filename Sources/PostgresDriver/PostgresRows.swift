import CLibPQ

/// The rows that a statement answered, in binary, until the last copy of this value goes.
///
/// Accessors take a row and a column counted from 0 and are strict: a NULL, another type, or another length throws
/// `.protocolViolation`. Ask ``isNull(_:_:)`` first where NULL is possible.
public struct PostgresRows: Sendable {
    /// Owns one PGresult.
    ///
    /// `@unchecked Sendable`: libpq never changes a PGresult after handing it out, every use here only reads it, and
    /// it is cleared once, when the last reference is gone.
    final class Storage: @unchecked Sendable {
        let result: OpaquePointer

        init(_ result: OpaquePointer) { self.result = result }

        deinit { PQclear(result) }
    }

    let storage: Storage
    /// How many rows there are.
    public let rowCount: Int
    /// How many columns each row has.
    public let columnCount: Int

    init(_ storage: Storage) {
        self.storage = storage
        rowCount = Int(PQntuples(storage.result))
        columnCount = Int(PQnfields(storage.result))
    }

    /// How many rows the statement inserted, changed, deleted or selected; 0 for other statements.
    public var affectedRows: Int {
        guard let tuples = PQcmdTuples(storage.result) else { return 0 }
        return Int(String(cString: tuples)) ?? 0
    }

    /// Whether the value is NULL. A place outside the result counts as NULL.
    public func isNull(_ row: Int, _ column: Int) -> Bool {
        guard contains(row, column) else { return true }
        return PQgetisnull(storage.result, Int32(row), Int32(column)) == 1
    }

    /// Gives the value's bytes to `body`; they are valid only inside it.
    ///
    /// For text, json and bytea the bytes are the value; for jsonb they are the JSON text, without the version byte
    /// of the wire format; for other types they are the wire format.
    ///
    /// - Throws: `.protocolViolation` for a NULL or a place outside the result, and what `body` throws.
    public func withBytes<R>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        var bytes = try raw(row, column)
        if PQftype(storage.result, Int32(column)) == PostgresType.jsonb.rawValue {
            guard bytes.first == 1 else { throw violation(row, column, "jsonb of version 1") }
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        }
        return try withExtendedLifetime(storage) { try body(bytes) }
    }

    private func contains(_ row: Int, _ column: Int) -> Bool {
        row >= 0 && row < rowCount && column >= 0 && column < columnCount
    }

    /// The value's bytes, valid while `storage` is.
    func raw(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard contains(row, column) else { throw violation(row, column, "inside the result") }
        guard PQgetisnull(storage.result, Int32(row), Int32(column)) == 0 else {
            throw violation(row, column, "not null")
        }
        let length = PQgetlength(storage.result, Int32(row), Int32(column))
        return UnsafeRawBufferPointer(start: PQgetvalue(storage.result, Int32(row), Int32(column)), count: Int(length))
    }

    /// The value decoded by `decode`, which answers nil for bytes that are not of `type`.
    func decode<R>(
        _ row: Int, _ column: Int, as type: PostgresType, _ decode: (UnsafeRawBufferPointer) -> R?
    ) throws(PostgresError) -> R {
        let bytes = try raw(row, column)
        guard PQftype(storage.result, Int32(column)) == type.rawValue,
            let value = withExtendedLifetime(storage, { decode(bytes) })
        else { throw violation(row, column, "\(type)") }
        return value
    }

    func violation(_ row: Int, _ column: Int, _ expected: String) -> PostgresError {
        .protocolViolation("row \(row), column \(column) of a result is not \(expected)")
    }
}
