/// A question before something that can't be undone.
enum Confirmation {
    /// Whether the person at the terminal says yes. Where there is no person, the command line is the answer: true.
    static func ask(_ question: String) async throws -> Bool {
        guard Terminal.behind(0).isInteractive, Terminal.error.isInteractive else { return true }
        try await ByteSink.standardError.write(Array("\(question) [y/N] ".utf8))
        let answer = String(decoding: try await ByteSource.standardInput.read(upTo: 256), as: UTF8.self).lowercased()
        return answer.hasPrefix("y")
    }
}
