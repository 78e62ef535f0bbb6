import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import DaemonMetrics

@Suite("The textfile for node_exporter")
struct TextfileTests {
    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "textfile-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test("it is replaced whole, for everyone to read, whatever an earlier daemon left behind")
    func replacing() async throws {
        try await Self.withFolder { folder in
            let file = Textfile(path: folder + "/a.prom")
            // A link would have the daemon write elsewhere.
            try FileManager.default.createSymbolicLink(
                atPath: file.path + ".tmp", withDestinationPath: folder + "/elsewhere")
            for text in ["one\n", String(repeating: "x", count: 100_000)] {
                try file.write(text)
                #expect(FileManager.default.contents(atPath: file.path) == Data(text.utf8))
            }
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o644 && Self.names(folder) == ["a.prom"])
            try file.remove()
            try file.remove()
            #expect(Self.names(folder).isEmpty)
            #expect(throws: TextfileError.self) { try Textfile(path: folder + "/none/a.prom").write("x") }
        }
    }

    @Test("a failure is told once and counted, the file comes when it can, and goes at the end")
    func exporting() async throws {
        try await Self.withFolder { parent in
            let folder = parent + "/later"
            let entries = Entries()
            let metrics = DaemonMetrics(version: "1")
            let exporter = TextfileExporter(
                directory: folder, instance: "second", interval: .milliseconds(5), metrics: metrics,
                logger: Logger(label: "test") { _ in Entries.Handler(entries: entries) })
            let running = Task { await exporter.run() }
            func failures() async throws -> Double {
                try StrictPrometheusText(await metrics.text()).value("brain_memoryd_textfile_failures_total") ?? 0
            }
            #expect(try await eventually { try await failures() >= 3 })
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let path = folder + "/brain-memoryd-second.prom"
            #expect(try await eventually { FileManager.default.fileExists(atPath: path) })
            #expect(try await eventually { entries.levels.count == 2 })
            #expect(entries.levels == [.warning, .notice])
            _ = try StrictPrometheusText(
                String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self))
            running.cancel()
            await running.value
            #expect(Self.names(folder).isEmpty && entries.levels.count == 2)
        }
    }
}

/// A log that remembers how grave its entries were.
private final class Entries: Sendable {
    private let kept = Mutex<[Logger.Level]>([])

    var levels: [Logger.Level] { kept.withLock { $0 } }

    struct Handler: LogHandler {
        let entries: Entries
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { entries.kept.withLock { $0.append(event.level) } }
    }
}
