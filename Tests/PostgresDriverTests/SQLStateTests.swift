import Testing

@testable import PostgresDriver

@Suite struct SQLStateTests {
    @Test(arguments: [
        ("08006", SQLState.Category.unavailable, true), ("08P01", .unavailable, true),
        ("57P01", .unavailable, true), ("57P02", .unavailable, true), ("57P03", .unavailable, true),
        ("53300", .unavailable, true), ("53100", .unavailable, false), ("53200", .unavailable, false),
        ("25006", .unavailable, true), ("28P01", .unavailable, true), ("3D000", .unavailable, true),
        ("58030", .unavailable, false), ("57014", .cancelled, false),
        ("40001", .conflict, false), ("40P01", .conflict, false), ("55P03", .conflict, false),
        ("26000", .stalePlan, false), ("0A000", .stalePlan, false), ("42P05", .stalePlan, false),
        ("22021", .dataRejected, false), ("22P05", .dataRejected, false), ("23505", .dataRejected, false),
        ("23503", .dataRejected, false), ("54000", .dataRejected, false),
        ("42883", .unsupported, false), ("42704", .unsupported, false), ("58P01", .unsupported, false),
        ("42P01", .internal, false), ("42601", .internal, false), ("XX000", .internal, false),
        ("25P02", .internal, false), ("40002", .internal, false), ("P0001", .internal, false),
    ])
    func classification(code: String, category: SQLState.Category, retires: Bool) {
        #expect(SQLState(code).category == category)
        #expect(SQLState(code).retiresConnection == retires)
    }

    @Test(arguments: ["", "2350", "235055", "23é05", "23 05"])
    func malformedCodesAreInternalErrors(code: String) {
        #expect(SQLState(code).code == "XX000")
        #expect(SQLState(code).category == .internal)
    }

    @Test func eachRowIsACodeOrAClassAndStandsOnce() {
        let codes = SQLState.classification.map(\.code)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { $0.utf8.count == 2 || $0.utf8.count == 5 })
    }
}

@Suite struct PostgresErrorTests {
    @Test func descriptionsHoldNoValues() {
        let error = PostgresError.server(
            .uniqueViolation, message: "duplicate \"secret\"", constraint: "t_pkey", detail: "Key (id)=(secret)")
        #expect(!error.description.contains("secret"))
        #expect(error.description.contains("23505"))
        #expect(error.description.contains("t_pkey"))
        struct Own: Error { let value = "secret" }
        #expect(!PostgresError.body(Own()).description.contains("secret"))
    }

    @Test(arguments: [
        "postgresql://u:hunter2@h/db", "host=h password=hunter2", "postgresql://h/db?password=hunter2",
    ])
    func passwordsAreRedacted(url: String) throws {
        let string = try ConnectionString(url)
        #expect(string.redact("failed for\n\"hunter2\"") == "failed for \"…\"")
    }

    @Test func configurationsAreNotPrintedWithTheirPassword() {
        let configuration = PostgresPoolConfiguration(url: "postgresql://u:hunter2@h/db")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("hunter2"))
    }

    @Test(arguments: [
        "postgresql://u:hun/ter2@h/db", "postgresql://u:hunter2@h:x/db", "hunter2", "host=h hunter2=1",
        "postgresql://u:hunter2@h/db?port=ter2", "host=h\0password=hunter2", "postgresql://u:hunter2%zz@h/db",
    ])
    func malformedConnectionStringsAreNotQuoted(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresPoolConfiguration.validate(url: url) }
        #expect(error?.description.contains("ter2") == false)
    }
}
