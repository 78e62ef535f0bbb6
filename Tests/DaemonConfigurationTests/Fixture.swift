import Foundation

@testable import DaemonConfiguration

/// Loads configurations from texts, with users and groups that are the same on every machine.
enum Fixture {
    static let accounts = AccountDirectory(
        user: { name in
            switch name {
            case "bob": .found(1002)
            case "broken": .failed("the directory is down")
            default: .missing
            }
        },
        group: { $0 == "agents" ? .found(2001) : $0 == "1234" ? .found(77) : .missing })

    /// The flags that make an otherwise empty configuration complete.
    static let managed = ["--managed", "/srv/brain"]

    static func load(
        yaml: String? = nil, environment: [String: String] = [:], flags: [String] = managed
    ) throws -> DaemonConfiguration {
        guard let yaml else {
            return try ConfigurationLoader.load(
                file: nil, environment: environment, flags: flags, accounts: accounts)
        }
        return try withFile(yaml) { path in
            try ConfigurationLoader.load(file: path, environment: environment, flags: flags, accounts: accounts)
        }
    }

    /// Every mistake of a configuration, one line each, with FILE for the file's path; empty when it loads.
    static func mistakes(
        yaml: String? = nil, environment: [String: String] = [:], flags: [String] = managed
    ) throws -> [String] {
        try errors(yaml: yaml, environment: environment, flags: flags).map { error in
            error.description.replacing(#/[^\s(]*/brain-config-[-0-9A-F]+\.yaml/#, with: "FILE")
        }
    }

    /// Every mistake of a configuration.
    static func errors(
        yaml: String? = nil, environment: [String: String] = [:], flags: [String] = managed
    ) throws -> [ConfigurationError] {
        do {
            _ = try load(yaml: yaml, environment: environment, flags: flags)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.errors
        }
    }

    static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let path = NSTemporaryDirectory() + "/brain-config-\(UUID().uuidString).yaml"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }
}
