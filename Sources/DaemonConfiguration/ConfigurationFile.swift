import Foundation
import Glibc

/// Reads the bytes of a configuration file.
enum ConfigurationFile {
    /// No configuration comes near it; a larger file is some other file.
    static let maxBytes = 1 << 20

    /// The whole file. Blocks.
    ///
    /// - Throws: why it can't be read.
    static func contents(of path: String) throws(ConfigurationErrors) -> Data {
        func unreadable(_ reason: String) -> ConfigurationErrors {
            ConfigurationErrors(.init(.unreadableFile, .file(path: path, line: nil), "cannot be read: \(reason)"))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var data = Data()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(String(cString: strerror(errno))) }
            guard count > 0 else { return data }
            data.append(contentsOf: chunk[..<count])
            guard data.count <= maxBytes else { throw unreadable("it is larger than \(maxBytes) bytes") }
        }
    }
}
