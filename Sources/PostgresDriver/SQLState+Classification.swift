extension SQLState {
    /// What an error means for whoever asked. Every decision about a SQLSTATE starts from this.
    public enum Category: String, Sendable, CaseIterable {
        /// The server cannot be reached, or refuses work for now: the caller may try again later.
        case unavailable
        /// The statement was cancelled on request.
        case cancelled
        /// Two transactions got in each other's way; the same work again is likely to succeed.
        case conflict
        /// A prepared statement is unknown to the server or no longer fits the schema: prepare it again, once.
        case stalePlan
        /// The data breaks a rule of its type or of the schema: the same data again will fail again.
        case dataRejected
        /// This server lacks what the statement needs (a function, a type, an extension).
        case unsupported
        /// Anything else: a bug here, a schema that is not ours, or a broken server.
        case `internal`
    }

    /// The category of this state.
    public var category: Category { row?.category ?? .internal }

    /// Whether a connection that answered this state must not be used again.
    public var retiresConnection: Bool { row?.retiresConnection ?? false }

    struct Row: Sendable {
        /// A whole code, or the two characters of a class.
        let code: String
        let category: Category
        var retiresConnection = false
    }

    /// The one table. A row of a whole code goes before the row of its class.
    static let classification: [Row] = [
        Row(code: "08", category: .unavailable, retiresConnection: true),
        Row(code: "0A000", category: .stalePlan),
        Row(code: "22", category: .dataRejected),
        Row(code: "23", category: .dataRejected),
        Row(code: "25006", category: .unavailable, retiresConnection: true),
        Row(code: "25P03", category: .unavailable, retiresConnection: true),
        Row(code: "26000", category: .stalePlan),
        Row(code: "28", category: .unavailable, retiresConnection: true),
        Row(code: "3D000", category: .unavailable, retiresConnection: true),
        Row(code: "40001", category: .conflict),
        Row(code: "40P01", category: .conflict),
        // A prepared statement of that name exists: the server's list and ours differ.
        Row(code: "42P05", category: .stalePlan),
        Row(code: "42704", category: .unsupported),
        Row(code: "42883", category: .unsupported),
        Row(code: "53", category: .unavailable),
        Row(code: "53300", category: .unavailable, retiresConnection: true),
        Row(code: "54", category: .dataRejected),
        Row(code: "55P03", category: .conflict),
        Row(code: "57014", category: .cancelled),
        Row(code: "57P01", category: .unavailable, retiresConnection: true),
        Row(code: "57P02", category: .unavailable, retiresConnection: true),
        Row(code: "57P03", category: .unavailable, retiresConnection: true),
        Row(code: "57P04", category: .unavailable, retiresConnection: true),
        Row(code: "57P05", category: .unavailable, retiresConnection: true),
        Row(code: "58", category: .unavailable),
        Row(code: "58P01", category: .unsupported),
    ]

    private static let rowsByCode = Dictionary(uniqueKeysWithValues: classification.map { ($0.code, $0) })

    private var row: Row? { Self.rowsByCode[code] ?? Self.rowsByCode[String(classCode)] }
}
