import BrainClient

/// All of an input, for commands that take one JSON value.
enum WholeInput {
    /// As much as one request may hold.
    private static let limit = 16_777_216

    /// The whole text of `source`.
    static func read(_ source: ByteSource) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let chunk = try await source.read()
            if chunk.isEmpty { break }
            bytes += chunk
            if bytes.count > limit {
                throw Failure(message: "the input is longer than the \(limit) bytes that one request may have")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(message: "the input is not UTF-8")
        }
        return text
    }
}

/// One record from an input.
enum RecordInput {
    /// The record in `source`, without the members that only the daemon gives.
    static func read(_ source: ByteSource) async throws -> JSONText {
        let text = try await WholeInput.read(source)
        let record: JSONText
        do throws(JSONSyntaxError) {
            record = try JSONText(parsing: text)
        } catch {
            throw Failure(
                message: "the record is not valid JSON: \(error)",
                hint: "for several records, one a line, use brainctl import -")
        }
        guard record.view.kind == .object else {
            throw Failure(message: "the record must be a JSON object, got \(record.view.kind.phrase)")
        }
        return RecordText.withoutServerFields(record.view)
    }
}
