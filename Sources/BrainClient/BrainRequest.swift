public import StrictJSON
public import WireProtocol

/// A request of the protocol and how to read its answer. `BrainClient` has a method for each; make one yourself to have
/// the daemon's answer as JSON too: `client.sendForText(.query(filter))`.
public struct BrainRequest<Answer: Sendable>: Sendable {
    /// The method.
    public let method: ProtocolMethod

    /// The parameters, a JSON object.
    public let params: JSONText

    /// Whether sending it twice comes to the same as sending it once: reads do, and stores of memories with ids.
    public let isIdempotent: Bool

    private let decode: @Sendable (JSONView) throws(AnswerFault) -> Answer

    init(
        _ method: ProtocolMethod, isIdempotent: Bool? = nil, params: JSONText = .emptyObject,
        decode: @escaping @Sendable (JSONView) throws(AnswerFault) -> Answer
    ) {
        self.method = method
        self.params = params
        self.isIdempotent = isIdempotent ?? !method.isWrite
        self.decode = decode
    }

    /// Reads a result.
    public func answer(from result: JSONView) throws(AnswerFault) -> Answer {
        try decode(result)
    }
}
