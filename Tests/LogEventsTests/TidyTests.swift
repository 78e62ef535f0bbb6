import Foundation
import Testing

/// Rules for the sources that the compiler does not know.
@Suite struct TidyTests {
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    @Test("every entry of the log names its event: logger.log(.event, .level, …)")
    func namedEvents() throws {
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        let bare =
            #/(?i)logger\s*\.\s*(trace|debug|info|notice|warning|error|critical|report)\s*\(|logger\.log\(\s*level:/#
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            count += text.matches(of: #/logger\.log\(/#).count
            for found in text.matches(of: bare) {
                Issue.record("\(file.lastPathComponent): \(text[found.range]) names no event")
            }
        }
        #expect(count > 30)
    }
}
