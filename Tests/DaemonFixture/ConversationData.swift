import Foundation

/// The conversations that the tests import: the shared test data when they are there, else a small set of the same kind.
public struct ConversationData: Sendable {
    /// One record a line, as `brainctl import` takes them.
    public let lines: [String]

    /// The file they are from; nil for the built-in set.
    public let path: String?

    /// Every record.
    public func records() throws -> [JSONValue] { try lines.map { try JSONValue(parsing: $0) } }

    /// Reads `../shared/data/conversations.jsonl`, seen from the package, or the file that `MEMORYD_TEST_CONVERSATIONS`
    /// names; without it says so on standard error and answers the built-in set.
    public static func load() throws -> ConversationData {
        let named = ProcessInfo.processInfo.environment["MEMORYD_TEST_CONVERSATIONS"]
        let path = named ?? "\(Program.packageRoot)/../shared/data/conversations.jsonl"
        guard let data = FileManager.default.contents(atPath: path) else {
            let notice = "NOT RUN on the conversations, for lack of \(path): a built-in set of 120 records stands in\n"
            FileHandle.standardError.write(Data(notice.utf8))
            return ConversationData(lines: builtIn.map(\.description), path: nil)
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        return ConversationData(lines: lines, path: path)
    }

    /// Two people over four sessions.
    private static let builtIn: [JSONValue] = (0..<120).map { number in
        let (session, turn) = (number / 30 + 1, number % 30 + 1)
        let seconds = turn * 30
        let minute = "\(seconds / 60 < 10 ? "0" : "")\(seconds / 60)"
        return [
            "id": "conv0.D\(session)-\(turn)", "agentId": number.isMultiple(of: 2) ? "ann" : "bob",
            "timestamp": "2023-05-0\(session)T13:\(minute):\(seconds % 60 == 0 ? "00" : "30")Z",
            "context": [
                "speaker": number.isMultiple(of: 2) ? "Ann" : "Bob",
                "text": "Turn \(turn): caf\u{e9}, na\u{ef}ve, \u{1f600} and \"quotes\"\n",
                "conversation": 0, "session": .int(session), "turn": "D\(session):\(turn)",
            ],
            "tags": ["conversation", "conv-0", "session-\(session)"], "importance": .int(number % 10 + 1),
        ]
    }
}
