import BrainClient

/// One line of an import, as it is sent to the daemon.
struct ImportRecord: Hashable {
    /// The line's number, from 1.
    let line: Int

    /// The record's id, its own or the one that was derived.
    let id: String

    /// The record as the daemon takes it.
    let json: JSONText
}

/// Reads the lines of an import.
enum ImportLine {
    /// How deep a line may nest, so that inside its request it stays within the daemon's bound.
    private static let maximumDepth = Limits.requestDepth - 3

    /// The record in a line; nil for a blank line. Throws why it can't be stored, in the daemon's words: what the
    /// daemon would refuse is found here, and costs its neighbours in the batch nothing.
    static func record(_ line: LineSplitter.Line, now: Timestamp) throws(BadLine) -> ImportRecord? {
        guard var bytes = line.bytes else { throw BadLine("the line is too long to be a record") }
        if line.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            document = try JSONDocument(parsing: bytes, maximumDepth: maximumDepth)
        } catch {
            throw BadLine("not valid JSON: \(error)")
        }
        guard document.root.kind == .object else {
            throw BadLine("a record must be an object, got \(document.root.kind.phrase)")
        }
        var json = RecordText.withoutServerFields(document.root)
        if json.view["id"] == nil {
            json = RecordText.withoutServerFields(json.view, adding: RecordText.derivedID(json))
        }
        return ImportRecord(line: line.number, id: try check(json, now: now), json: json)
    }

    /// Applies the protocol's rules; returns the record's id.
    private static func check(_ json: JSONText, now: Timestamp) throws(BadLine) -> String {
        let request = BrainRequest.store(record: json)
        do throws(StoreError) {
            guard case .store(let record, _) = try MethodCall(.store, params: request.params.view), let id = record.id
            else {
                throw .invalid("record.id", "id is required")
            }
            if let expiresAt = record.expiresAt, expiresAt <= now {
                throw .invalid("expiresAt", "expiresAt is in the past")
            }
            return id.value
        } catch {
            throw BadLine(error.message, path: "record")
        }
    }
}

/// Why a line can't be stored.
struct BadLine: Error, Hashable {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    /// A message about the record at `path` of a request, which is no concern of whoever wrote the line.
    init(_ message: String, path: String) {
        self.message = message.replacing("\(path).", with: "")
    }
}
