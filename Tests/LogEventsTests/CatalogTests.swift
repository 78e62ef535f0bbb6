import Foundation
import LogEvents
import Testing

/// `systemd/brain-memoryd.catalog` and `LogEvent` say the same.
@Suite struct CatalogTests {
    /// One entry of the catalog.
    struct Entry {
        var id: String
        var headers: [String: String]
        var body: String
    }

    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "systemd/brain-memoryd.catalog").path()

    /// The entries in their order: `-- ID`, headers, an empty line, and a body until the next.
    static func entries() throws -> [Entry] {
        var entries: [Entry] = []
        var isBody = false
        for line in try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("-- ") {
                entries.append(Entry(id: String(line.dropFirst(3)), headers: [:], body: ""))
                isBody = false
            } else if entries.isEmpty {
                #expect(line.isEmpty || line.hasPrefix("#"))
            } else if isBody {
                entries[entries.count - 1].body += line + "\n"
            } else if line.isEmpty {
                isBody = true
            } else {
                let parts = line.split(separator: ": ", maxSplits: 1)
                try #require(parts.count == 2, "\(line)")
                entries[entries.count - 1].headers[String(parts[0])] = String(parts[1])
            }
        }
        return entries
    }

    @Test("every event is explained once, and nothing else is")
    func complete() throws {
        let entries = try Self.entries()
        #expect(entries.map(\.id) == LogEvent.allCases.map(\.messageID))
    }

    @Test("each explanation has a subject, says who defines it, and what to do")
    func explained() throws {
        for entry in try Self.entries() {
            #expect(entry.headers["Subject"]?.isEmpty == false, "\(entry.id)")
            #expect(entry.headers["Defined-By"] == "brain-memoryd", "\(entry.id)")
            #expect(entry.headers["Documentation"] == "man:brain-memoryd(8)", "\(entry.id)")
            #expect(entry.body.count > 40, "\(entry.id)")
            #expect(!entry.body.split(separator: "\n").contains { $0.count > 80 }, "\(entry.id)")
        }
    }

    @Test("ids are unique, and names are words with hyphens")
    func identifiers() {
        let ids = LogEvent.allCases.map(\.messageID)
        #expect(Set(ids).count == ids.count)
        for event in LogEvent.allCases {
            #expect(event.messageID.wholeMatch(of: #/[0-9a-f]{32}/#) != nil, "\(event)")
            #expect(event.rawValue.wholeMatch(of: #/[a-z]+(-[a-z]+)*/#) != nil, "\(event)")
        }
    }
}
