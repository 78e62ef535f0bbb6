import Configuration
import Foundation

/// Credentials that systemd hands over (`LoadCredential=`, systemd.exec(5)): one that is called like a key which may hold
/// a password, `postgres.url`, is that key's value. So the password is in no file that the daemon's user can read later,
/// and in no environment.
extension ConfigurationLayer {
    /// Reads the credentials in a directory; without one there are none. Blocks.
    static func credentials(in directory: String?) -> ConfigurationLayer {
        var layer = ConfigurationLayer()
        guard let directory else { return layer }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            for name in names.sorted() { layer.add(credential: name, at: directory + "/" + name) }
        } catch {
            layer.errors.append(
                .init(.unreadableFile, .file(path: directory, line: nil), "the credentials cannot be read: \(error)"))
        }
        layer.provider = layer.memoryProvider
        return layer
    }

    private mutating func add(credential name: String, at path: String) {
        // Others are for libpq perhaps: keys and certificates.
        guard let dot = name.firstIndex(of: "."), ConfigurationKeys.isGroup(String(name[..<dot])) else { return }
        let source = ConfigurationSource.credential(name)
        let secrets = ConfigurationKeys.all.filter(\.isSecret)
        guard let key = secrets.first(where: { $0.name == name }) else {
            let known = secrets.map(\.name)
            errors.append(
                .init(
                    .unknownKey, source,
                    "unknown credential" + Suggestion.text(for: name, among: known)
                        + "; known: \(known.joined(separator: ", "))"))
            return
        }
        do throws(ConfigurationErrors) {
            let data = try ConfigurationFile.contents(of: path)
            guard let text = String(validating: data, as: UTF8.self) else {
                errors.append(.init(.badValue, key: name, source, "is not UTF-8"))
                return
            }
            // A file ends with a newline, a connection string doesn't.
            let value = text.reversed().drop(while: \.isWhitespace).reversed()
            guard !value.isEmpty else {
                errors.append(.init(.missingValue, key: name, source, "is empty"))
                return
            }
            add(key, String(value), source)
        } catch {
            errors += error.errors
        }
    }
}
