import Foundation
import Logging
import Testing

@testable import LogEvents

@Suite struct LogEntryTests {
    @Test("texts and fields beyond the bounds are cut at a whole character")
    func bounds() {
        let long = String(repeating: "é", count: LogEntry.messageBytes)
        let entry = LogEntry(
            .ready, .notice, long, fields: (0..<100).map { .init("f\($0)", long) }, time: Date())
        #expect(entry.message.utf8.count <= LogEntry.messageBytes && entry.message.hasSuffix("é…"))
        #expect(entry.fields.count == LogEntry.fieldCount)
        #expect(entry.fields.allSatisfy { $0.value.utf8.count <= LogEntry.valueBytes && $0.value.hasSuffix("é…") })
        #expect(LogEntry(.ready, .notice, "short", time: Date()).message == "short")
    }

    @Test("a change of the control is seen at once")
    func control() {
        let control = LoggingControl()
        #expect(control.level == .info && control.slowRequest == nil)
        for level in Logger.Level.allCases {
            control.apply(level: level, slowRequest: .milliseconds(7))
            #expect(control.level == level && control.slowRequest == .milliseconds(7))
        }
        control.apply(level: .info, slowRequest: nil)
        #expect(control.slowRequest == nil)
    }
}
