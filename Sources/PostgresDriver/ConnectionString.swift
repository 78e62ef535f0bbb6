import CLibPQ

/// A libpq connection string (`postgresql://…` or `keyword=value …`), read only far enough to judge and redact it.
struct ConnectionString: Sendable {
    let text: String
    private let secrets: [String]

    /// - Throws: `.unavailable` for a string that libpq does not understand. The message never quotes the string: what
    ///   libpq says of a malformed one can hold part of its password.
    init(_ text: String) throws(PostgresError) {
        self.text = text
        guard !text.utf8.contains(0), let options = PQconninfoParse(text, nil) else {
            throw .unavailable("the connection string is not one that libpq understands")
        }
        defer { PQconninfoFree(options) }
        var secrets: [String] = []
        var option = options
        while let keyword = option.pointee.keyword {
            defer { option += 1 }
            guard let value = option.pointee.val.map({ String(cString: $0) }), !value.isEmpty else { continue }
            switch String(cString: keyword) {
            case "password", "sslpassword": secrets.append(value)
            // A URI with an unescaped slash in its password parses, with part of the password as its port.
            case "port" where !value.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ",") }):
                throw .unavailable("the connection string's port is not a number")
            default: break
            }
        }
        self.secrets = secrets
    }

    /// `message` on one line, with every secret of the connection string replaced.
    func redact(_ message: String) -> String {
        var message = message
        for secret in secrets { message = message.replacing(secret, with: "…") }
        return message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
