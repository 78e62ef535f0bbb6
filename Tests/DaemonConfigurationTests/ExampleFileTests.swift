import Foundation
import Testing

@testable import DaemonConfiguration

@Suite struct ExampleFileTests {
    /// `config/brain-memoryd.yaml` of this checkout.
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config/brain-memoryd.yaml").path()

    @Test("config/brain-memoryd.yaml says what the table says; UPDATE_EXAMPLE=1 in the environment rewrites it")
    func equalsTable() throws {
        if ProcessInfo.processInfo.environment["UPDATE_EXAMPLE"] == "1" {
            try Data(ExampleFile.text.utf8).write(to: URL(filePath: Self.path))
        }
        #expect(try String(contentsOfFile: Self.path, encoding: .utf8) == ExampleFile.text)
    }

    @Test("the example loads as it is")
    func loads() throws {
        let configuration = try ConfigurationLoader.load(file: Self.path, environment: [:], flags: [])
        #expect(configuration.managed.directory == "/var/lib/brain-memoryd")
        #expect(try configuration == Fixture.load(flags: ["--managed", "/var/lib/brain-memoryd"]))
    }

    @Test("with every key taken out of its comment, it gives every key its default")
    func defaults() throws {
        let text = ExampleFile.text.replacing(#/(?m)^#([a-z_]+\.[a-z_]+:)/#) { "\($0.output.1)" }
        let configuration = try Fixture.load(yaml: text, flags: [])
        #expect(try configuration == Fixture.load(flags: ["--managed", "/var/lib/brain-memoryd"]))
        for key in ConfigurationKeys.all where key.name != "socket.path" {
            guard case .file = configuration.source(of: key.name) else {
                Issue.record("\(key.name) is not in the example")
                continue
            }
        }
    }

    @Test("every key is explained with type, unit, default, range, flag and variable; no line is long")
    func explained() {
        for key in ConfigurationKeys.all {
            #expect(!key.documentation.isEmpty && !key.documentation.contains { $0.isEmpty })
            #expect(ExampleFile.text.contains("#     type:     \(key.typeDescription)\n"))
            #expect(ExampleFile.text.contains(key.flag))
            #expect(ExampleFile.text.contains(key.environmentVariable))
        }
        #expect(!ExampleFile.text.split(separator: "\n").contains { $0.count > 120 })
    }

    @Test("every default is allowed")
    func allowedDefaults() throws {
        for key in ConfigurationKeys.all where !key.isList {
            let item = ConfigurationEntry.Item(text: key.defaultText, source: .builtIn)
            _ = try key.value(of: .scalar(item), accounts: Fixture.accounts)
        }
    }
}
