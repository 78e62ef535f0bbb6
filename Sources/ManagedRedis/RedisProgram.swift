import Glibc
import ProcessSupervision

/// Finds Redis's server program.
enum RedisProgram {
    private static let name = "redis-server"

    /// The configured path, or the first program of that name in the folders. Blocks.
    static func find(
        configured: String?, folders: [String] = SearchPath.folders()
    ) throws(ManagedRedisError) -> String {
        if let configured {
            guard isExecutable(configured) else {
                throw ManagedRedisError(
                    .programsNotFound,
                    "the configured Redis server \(configured) is not the absolute path of a program that can be run. "
                        + advice)
            }
            return configured
        }
        guard let folder = folders.first(where: { isExecutable($0 + "/" + name) }) else {
            throw ManagedRedisError(
                .programsNotFound,
                "Redis's server program (\(name)) was not found. Looked in \(folders.joined(separator: ", ")). "
                    + advice)
        }
        return folder + "/" + name
    }

    private static let advice = "Install the Debian package redis-server, or configure the program's path."

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return path.hasPrefix("/") && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && access(path, X_OK) == 0
    }
}
