import CLibPQ

/// A connection string as environment variables, for PostgreSQL's own programs: unlike on a command line, no other user
/// of the machine can see a password there (PostgreSQL manual, 34.15 "Environment Variables").
public enum PostgresEnvironment {
    /// The variables that stand for `url`.
    ///
    /// - Throws: `.unavailable` for a string that libpq does not understand.
    public static func variables(url: String) throws(PostgresError) -> [String: String] {
        _ = try ConnectionString(url)
        guard let options = PQconninfoParse(url, nil) else {
            throw .unavailable("the connection string is not one that libpq understands")
        }
        defer { PQconninfoFree(options) }
        var variables: [String: String] = [:]
        var option = options
        while option.pointee.keyword != nil {
            defer { option += 1 }
            guard let name = option.pointee.envvar, let value = option.pointee.val, value.pointee != 0 else { continue }
            variables[String(cString: name)] = String(cString: value)
        }
        return variables
    }
}
