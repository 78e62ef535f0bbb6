public import StrictJSON

/// Writes requests as whole frames, for clients.
public enum RequestEncoder {
    /// The most bytes that a frame has beside its method's name and its parameters: the length and the other members.
    public static let overheadBytes = 128

    /// The frame of one request. `params` is a JSON object; `deadlineMilliseconds` is within
    /// `Limits.deadlineMilliseconds`.
    public static func frame(id: Int64, method: String, params: JSONText, deadlineMilliseconds: Int64) -> [UInt8] {
        let capacity = params.bytes.count + method.utf8.count + overheadBytes
        var writer = JSONWriter(prefix: FrameEncoder.placeholder, reserving: capacity)
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.integer(id)
        writer.key("method")
        writer.string(method)
        writer.key("params")
        writer.text(params)
        writer.key("deadlineMs")
        writer.integer(deadlineMilliseconds)
        writer.endObject()
        var frame = writer.bytes
        FrameEncoder.seal(&frame)
        return frame
    }
}
