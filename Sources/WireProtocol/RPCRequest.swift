public import MemoryModel
public import StrictJSON

/// One request of the wire protocol, its parameters not yet looked at.
public struct RPCRequest: Sendable {
    /// Nil for a notification, which is carried out and not answered.
    public let id: RPCIdentifier?

    /// The method's name, known or not.
    public let method: String

    /// The `params` member, if there is one; it may be of any kind.
    public let params: JSONView?

    /// The `deadlineMs` member, if there is one; it may be of any kind.
    let deadline: JSONView?

    /// Why a frame is no request, and the id to answer it with.
    public struct Fault: Error, Sendable {
        /// The request's id where it could be told, else null.
        public let id: RPCIdentifier

        /// `parse_error` or `invalid_request`.
        public let error: StoreError
    }

    /// Reads a frame's payload.
    public init(parsing payload: [UInt8]) throws(Fault) {
        let outcome = JSONDocument.parse(payload, maximumDepth: Limits.requestDepth, watching: "id")
        switch outcome.document {
        case .failure(let fault):
            let error = StoreError(.parseError, "the request is not valid JSON: \(fault)")
            throw Fault(id: Self.identifier(outcome), error: error)
        case .success(let document):
            do throws(StoreError) {
                try self.init(object: document.root)
            } catch {
                throw Fault(id: Self.identifier(outcome), error: error)
            }
        }
    }

    /// The id of a faulty request, as far as it was read.
    private static func identifier(_ outcome: JSONDocument.Outcome) -> RPCIdentifier {
        outcome.watched.flatMap { RPCIdentifier($0) } ?? .null
    }

    private static let members: [StaticString] = ["jsonrpc", "id", "method", "params", "deadlineMs"]

    private init(object root: JSONView) throws(StoreError) {
        guard root.kind == .object else {
            let hint = root.kind == .array ? "; batches are not supported, send one frame for each request" : ""
            throw Self.invalid("a request must be an object, got \(root.kind.phrase)\(hint)")
        }
        let members = JSONObjectIndex(root, known: Self.members)
        if let unknown = members.unknown { throw Self.invalid("unknown member '\(unknown.shortened)'") }
        guard members["jsonrpc"]?.isText("2.0") ?? false else { throw Self.invalid("jsonrpc must be \"2.0\"") }
        if let id = members["id"] {
            guard let identifier = RPCIdentifier(id) else {
                throw Self.invalid("id must be a string or a 64-bit integer, got \(id.kind.phrase)")
            }
            self.id = identifier
        } else {
            self.id = nil
        }
        guard let name = members["method"]?.string else { throw Self.invalid("method must be a string") }
        self.method = name
        params = members["params"]
        deadline = members["deadlineMs"]
    }

    /// The caller's time for this request in milliseconds, or `standard` when it names none. Throws `invalid_params`.
    public func deadlineMilliseconds(standard: Int64) throws(StoreError) -> Int64 {
        guard let deadline else { return standard }
        let range = Limits.deadlineMilliseconds
        guard let milliseconds = deadline.int64, range.contains(milliseconds) else {
            throw .invalid(
                "deadlineMs",
                "deadlineMs must be an integer from \(range.lowerBound) to \(range.upperBound), got \(deadline.excerpt)"
            )
        }
        return milliseconds
    }

    private static func invalid(_ message: String) -> StoreError {
        StoreError(.invalidRequest, message)
    }
}

extension String {
    /// At most 64 code points of the text, for an error message. (A single character has no bound: `prefix` would let
    /// megabytes of combining marks through.)
    var shortened: String { String(unicodeScalars.prefix(64)) }
}

extension JSONView {
    /// The value as an error message may quote it: scalars in short, containers by their kind.
    var excerpt: String {
        switch kind {
        case .array, .object: return kind.phrase
        default:
            let text = String(decoding: rawBytes.prefix(48), as: UTF8.self)
            return rawBytes.count > 48 ? text + "…" : text
        }
    }
}
