import Foundation
import LogEvents
import Logging
import Testing

@testable import SystemdDriver

@Suite struct JournalFieldsTests {
    static let cases: [(given: String, taken: String)] = [
        ("peer_uid", "PEER_UID"), ("agent.id", "AGENT_ID"), ("_hidden", "X__HIDDEN"), ("2nd", "X_2ND"), ("", "X_"),
        ("message", "X_MESSAGE"), ("priority", "X_PRIORITY"), ("größe", "GR____E"),
        (String(repeating: "a", count: 100), String(repeating: "A", count: 64)),
    ]

    @Test("names become ones that journald takes, and never replace its own", arguments: cases)
    func names(given: String, taken: String) {
        #expect(JournalFields.name(given) == taken)
        #expect(taken.wholeMatch(of: #/[A-Z][A-Z0-9_]{0,63}/#) != nil)
    }

    @Test("an entry has the fields of every entry and its own")
    func entry() {
        let entry = LogEntry(
            .slowRequest, .warning, "slow\nrequest", fields: [.init("peer_uid", "7"), .init("method", "get")],
            time: Date(), place: .init(file: "A/B.swift", function: "f()", line: 3))
        #expect(
            JournalFields(entry).assignments == [
                "MESSAGE=slow\nrequest", "PRIORITY=4", "SYSLOG_IDENTIFIER=brain-memoryd", "CODE_FILE=A/B.swift",
                "CODE_LINE=3", "CODE_FUNC=f()", "MESSAGE_ID=\(LogEvent.slowRequest.messageID)", "EVENT=slow-request",
                "METHOD=get", "PEER_UID=7",
            ])
        let foreign = JournalFields(LogEntry(nil, .critical, "text", time: Date())).assignments
        #expect(foreign.contains("PRIORITY=2") && !foreign.contains { $0.hasPrefix("MESSAGE_ID=") })
    }

    @Test("standard error is journald's when the environment names its file")
    func stream() throws {
        let folder = FileManager.default.temporaryDirectory
        let descriptor = open(folder.path(), O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        #expect(JournalSink.isStream("\(status.st_dev):\(status.st_ino)", descriptor: descriptor))
        for other in [nil, "", "\(status.st_dev)", "\(status.st_dev):\(status.st_ino + 1)", "x:y", "1:2:3"] {
            #expect(!JournalSink.isStream(other, descriptor: descriptor))
        }
        #expect(!JournalSink.isStream("\(status.st_dev):\(status.st_ino)", descriptor: -1))
    }
}
