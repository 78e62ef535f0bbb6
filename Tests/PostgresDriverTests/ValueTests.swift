import PostgresDriver
import PostgresFixture
import Testing

/// What goes to a real server in binary comes back equal.
@Suite struct ValueTests {
    private func echo<T: Sendable>(
        _ value: PostgresValue, _ type: PostgresType, as name: String,
        _ read: @escaping @Sendable (PostgresRows) throws -> T
    ) async throws -> (value: T, text: String?) {
        let url = try await PostgresServer.shared().url
        let statement = PostgresStatement(
            name: "echo_\(name)", sql: "SELECT $1::\(name), ($1::\(name))::text", parameterTypes: [type],
            isWrite: false)
        return try await withPool(url, { $0.size = 1 }) { pool async throws in
            try await pool.run { session in
                let rows = try session.execute(statement, [value])
                return (try read(rows), rows.isNull(0, 1) ? nil : try rows.text(0, 1))
            }
        }
    }

    @Test(arguments: [
        "", "plain", "quotes ' \" \\ $1 ; --", "Zürich 東京 👩‍👩‍👧‍👦 e\u{301}", "\u{1}\u{7f}\u{80}\u{ffff}\u{10ffff}",
        String(repeating: "x", count: 1_000_000),
    ])
    func texts(text: String) async throws {
        let answer = try await echo(.text(text), .text, as: "text") { try $0.text(0, 0) }
        #expect(Array(answer.value.utf8) == Array(text.utf8))
    }

    @Test func numbersAndTruth() async throws {
        for value in [Int16.min, -1, 0, 1, .max] {
            let answer = try await echo(.int2(value), .int2, as: "int2") { try $0.int2(0, 0) }
            #expect(answer == (value, "\(value)"))
        }
        for value in [Int32.min, -1, 0, .max] {
            let answer = try await echo(.int4(value), .int4, as: "int4") { try $0.int64(0, 0) }
            #expect(answer == (Int64(value), "\(value)"))
        }
        for value in [Int64.min, -1, 0, .max] {
            let answer = try await echo(.int8(value), .int8, as: "int8") { try $0.int64(0, 0) }
            #expect(answer == (value, "\(value)"))
        }
        for value in [true, false] {
            let answer = try await echo(.bool(value), .bool, as: "bool") { try $0.bool(0, 0) }
            #expect(answer == (value, "\(value)"))
        }
        let real = try await echo(.float4(0.1), .float4, as: "float4") { try $0.float4(0, 0) }
        #expect(real == (0.1, "0.1"))
        let double = try await echo(.float8(-1e300), .float8, as: "float8") { try $0.float8(0, 0) }
        #expect(double == (-1e300, "-1e+300"))
    }

    @Test func jsonbBytesAndBytea() async throws {
        let json = Array(#"{"a": [1, "ü", null]}"#.utf8)
        let object = try await echo(.jsonb(bytes: json), .jsonb, as: "jsonb") { rows in
            (try rows.withBytes(0, 0) { [UInt8]($0) }, try rows.text(0, 0))
        }
        #expect(object.value.0 == json)
        #expect(object.value.1 == object.text)
        let bytes = (0...255).map { UInt8($0) }
        let bytea = try await echo(.bytes(bytes), .bytea, as: "bytea") { try $0.bytes(0, 0) }
        #expect(bytea.value == bytes)
        let empty = try await echo(.bytes([]), .bytea, as: "bytea") { ($0.isNull(0, 0), try $0.bytes(0, 0)) }
        #expect(empty.value == (false, []))
    }

    @Test(arguments: [
        (PostgresTimestamp.instant(microsecondsSinceUnixEpoch: 0), "1970-01-01 00:00:00+00"),
        (.instant(microsecondsSinceUnixEpoch: -62_135_596_800_000_000), "0001-01-01 00:00:00+00"),
        (.instant(microsecondsSinceUnixEpoch: 253_402_300_799_999_999), "9999-12-31 23:59:59.999999+00"),
        (.instant(microsecondsSinceUnixEpoch: 1_709_210_096_123_456), "2024-02-29 12:34:56.123456+00"),
        (.infinity, "infinity"), (.negativeInfinity, "-infinity"),
    ])
    func timestamps(timestamp: PostgresTimestamp, text: String) async throws {
        let answer = try await echo(.timestamptz(timestamp), .timestamptz, as: "timestamptz") {
            try $0.timestamptz(0, 0)
        }
        #expect(answer == (timestamp, text))
    }

    @Test func arraysKeepTheirNulls() async throws {
        let texts: [String?] = ["", nil, "NULL", "{\"a,b\"}", "ü"]
        let textArray = try await echo(.textArray(texts), .textArray, as: "text[]") { try $0.textArray(0, 0) }
        #expect(textArray == (texts, #"{"",NULL,"NULL","{\"a,b\"}",ü}"#))
        let int2 = try await echo(.int2Array([1, nil, -2]), .int2Array, as: "int2[]") { try $0.int2Array(0, 0) }
        #expect(int2 == ([1, nil, -2], "{1,NULL,-2}"))
        let int4 = try await echo(.int4Array([nil, .max]), .int4Array, as: "int4[]") { try $0.int4Array(0, 0) }
        #expect(int4 == ([nil, .max], "{NULL,2147483647}"))
        let int8 = try await echo(.int8Array([.min, nil]), .int8Array, as: "int8[]") { try $0.int8Array(0, 0) }
        #expect(int8 == ([.min, nil], "{-9223372036854775808,NULL}"))
        let bools = try await echo(.boolArray([true, nil]), .boolArray, as: "bool[]") { try $0.boolArray(0, 0) }
        #expect(bools == ([true, nil], "{t,NULL}"))
        let times: [PostgresTimestamp?] = [.infinity, nil, .instant(microsecondsSinceUnixEpoch: 1)]
        let timestamps = try await echo(.timestamptzArray(times), .timestamptzArray, as: "timestamptz[]") {
            try $0.timestamptzArray(0, 0)
        }
        #expect(timestamps.value == times)
        let json: [[UInt8]?] = [Array("{}".utf8), nil]
        let jsonb = try await echo(.jsonbArray(json), .jsonbArray, as: "jsonb[]") { try $0.jsonbArray(0, 0) }
        #expect(jsonb == (json, "{\"{}\",NULL}"))
        let bytes: [[UInt8]?] = [[], [0, 255], nil]
        let bytea = try await echo(.bytesArray(bytes), .byteaArray, as: "bytea[]") { try $0.bytesArray(0, 0) }
        #expect(bytea.value == bytes)
        let empty = try await echo(.textArray([]), .textArray, as: "text[]") { try $0.textArray(0, 0) }
        #expect(empty == ([], "{}"))
    }

    @Test func embeddings() async throws {
        let reals: [Float] =
            [0, -0.0, 0.1, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
            + (0..<4_000).map { Float($0) / 3 }
        let answer = try await echo(.realArray(reals), .float4Array, as: "real[]") { try $0.realArray(0, 0) }
        #expect(answer.value.map(\.bitPattern) == reals.map(\.bitPattern))
    }

    @Test func nulls() async throws {
        let answer = try await echo(.null, .text, as: "text") { $0.isNull(0, 0) && $0.isNull(7, 0) && $0.isNull(0, -1) }
        #expect(answer == (true, nil))
    }
}

/// What the driver refuses before anything is sent, or to misread.
@Suite struct RefusedValueTests {
    private let echo = PostgresStatement(
        name: "refused", sql: "SELECT $1::text", parameterTypes: [.text], isWrite: false)

    private func failure(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> String? {
        let url = try await PostgresServer.shared().url
        return try await withPool(url, { $0.size = 1 }) { pool async throws in
            await pool.failure { session in _ = try session.execute(statement, values) }.error?.kind
        }
    }

    @Test func textsWithNUL() async throws {
        #expect(try await failure(echo, [.text("a\0b")]) == "invalidParameter")
        let array = PostgresStatement(
            name: "array", sql: "SELECT $1::text[]", parameterTypes: [.textArray], isWrite: false)
        #expect(try await failure(array, [.textArray(["a", "\0"])]) == "invalidParameter")
        let sql = PostgresStatement(name: "sql", sql: "SELECT 1\0", isWrite: false)
        #expect(try await failure(sql, []) == "invalidParameter")
    }

    @Test func wrongCountsAndTypes() async throws {
        #expect(try await failure(echo, []) == "invalidParameter")
        #expect(try await failure(echo, [.int8(1)]) == "invalidParameter")
        let long = PostgresStatement(name: String(repeating: "n", count: 64), sql: "SELECT 1", isWrite: false)
        #expect(try await failure(long, []) == "invalidParameter")
    }

    @Test func instantsOutOfRange() async throws {
        let statement = PostgresStatement(
            name: "instant", sql: "SELECT $1", parameterTypes: [.timestamptz], isWrite: false)
        #expect(
            try await failure(statement, [.timestamptz(microsecondsSinceUnixEpoch: .min)]) == "invalidParameter")
        // Within 64 bits, before what PostgreSQL can say.
        let early = Int64.min + 946_684_800_000_001
        #expect(try await failure(statement, [.timestamptz(microsecondsSinceUnixEpoch: early)]) == "22008")
    }

    @Test func strictReading() async throws {
        let url = try await PostgresServer.shared().url
        let statement = PostgresStatement(
            name: "strict", sql: "SELECT 1::int4, NULL::text, 'x'::text, '{{1,2},{3,4}}'::int8[]", isWrite: false)
        let readers: [@Sendable (PostgresRows) throws -> Void] = [
            { _ = try $0.int8(0, 0) }, { _ = try $0.int2(0, 0) }, { _ = try $0.text(0, 1) }, { _ = try $0.bool(0, 2) },
            { _ = try $0.text(1, 0) }, { _ = try $0.text(0, 4) }, { _ = try $0.int8Array(0, 3) },
            { _ = try $0.textArray(0, 3) }, { _ = try $0.text(-1, -1) }, { _ = try $0.text(0, 0) },
        ]
        try await withPool(url, { $0.size = 1 }) { pool async throws in
            for read in readers {
                let failure = await pool.failure { session in try read(try session.execute(statement)) }
                #expect(failure.error?.kind == "protocolViolation")
            }
        }
    }

    @Test func writesInAReadBody() async throws {
        let write = PostgresStatement(name: "write", sql: "CREATE TABLE no (id int)", isWrite: true)
        #expect(try await failure(write, []) == "protocolViolation")
    }
}
