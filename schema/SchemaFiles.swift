/// One numbered SQL file of `schema/migrations`, compiled into the program.
public struct MigrationFile: Hashable, Sendable {
    /// The number the file's name begins with: 1 for the first, each one more than the one before.
    public let version: Int

    /// The file's name without its ending, such as `0001_initial`.
    public let name: String

    /// The file's text.
    public let sql: String

    /// Makes a file of its parts.
    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// The files of `schema/` that programs need at run time.
///
/// A new migration is one more file, one more entry here, and one more resource of this target in `Package.swift`.
public enum SchemaFiles {
    /// The migrations, in order. Names in `PackageResources` are those of the files with what Swift does not allow,
    /// such
    /// as a digit at the beginning, replaced by `_`.
    public static let migrations = [
        MigrationFile(version: 1, name: "0001_initial", sql: text(PackageResources._001_initial_sql)),
        MigrationFile(
            version: 2, name: "0002_replaced_values", sql: text(PackageResources._002_replaced_values_sql)),
        MigrationFile(version: 3, name: "0003_maintenance", sql: text(PackageResources._003_maintenance_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
