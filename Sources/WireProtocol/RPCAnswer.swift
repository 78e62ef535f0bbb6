import MemoryModel
public import StrictJSON

/// One answer of a daemon, its result not yet looked at.
public struct RPCAnswer: Sendable {
    /// The id of the request that is answered; `RPCIdentifier.null` when the daemon could not read it.
    public let id: RPCIdentifier

    /// The result, or why there is none.
    public let outcome: Result<JSONView, Rejection>

    /// How deep an answer may nest; deeper than any that the protocol knows, so that a later version may nest more.
    private static let maximumDepth = 2 * Limits.requestDepth

    /// Reads a frame's payload. Members that this version does not know are passed over.
    public init(parsing payload: [UInt8]) throws(AnswerFault) {
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            document = try JSONDocument(parsing: payload, maximumDepth: Self.maximumDepth)
        } catch {
            throw AnswerFault("the answer is not valid JSON: \(error)")
        }
        let reader = try AnswerReader(document.root, path: "")
        guard try reader.string("jsonrpc") == "2.0" else { throw AnswerFault("the answer is not JSON-RPC 2.0") }
        guard let idView = document.root["id"] else { throw AnswerFault("the answer has no id") }
        if idView.isNull {
            id = .null
        } else if let identifier = RPCIdentifier(idView) {
            id = identifier
        } else {
            throw AnswerFault("the answer's id is \(idView.kind.phrase)")
        }
        switch (document.root["result"], try reader.optionalObject("error")) {
        case (let result?, nil): outcome = .success(result)
        case (nil, let error?): outcome = .failure(try Rejection(error))
        case (_?, _?): throw AnswerFault("the answer has a result and an error")
        case (nil, nil): throw AnswerFault("the answer has neither a result nor an error")
        }
    }
}

/// Why an answer is none of the wire protocol.
public struct AnswerFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for a person.
    public let reason: String

    /// Makes a fault.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}
