import NIOCore
import StrictJSON
import WireProtocol

/// From bytes to what is asked.
enum DecodingPaths {
    /// How many frames come in one go where a client pipelines.
    private static let pipelined = 16

    static func all() throws -> [HotPath] {
        let record = Array(Samples.record.utf8)
        return [
            HotPath("validate-json-1kb") { blackHole(try JSONDocument(parsing: record)) },
            decoding("decode-get", Samples.get),
            decoding("decode-query", Samples.query),
            decoding("decode-store-1kb", Samples.store),
            decoding("decode-store-1536-floats", Samples.request("store", "{\"record\":\(Samples.embedded)}")),
            decoding("decode-store-as-string", Samples.request("store", "{\"record\":\(Samples.stringOfSameSize)}")),
            try frames(),
        ]
    }

    private static func decoding(_ name: String, _ payload: [UInt8]) -> HotPath {
        HotPath(name) { blackHole(try Samples.decode(payload)) }
    }

    private static func frames() throws -> HotPath {
        let frame = FrameEncoder.frame(Samples.get)
        let stream = ByteBuffer(bytes: (0..<pipelined).flatMap { _ in frame })
        return HotPath("frames-16-pipelined") {
            var decoder = FrameDecoder(maximumFrameBytes: 1 << 24)
            var bytes = stream
            decoder.append(&bytes)
            var count = 0
            while case .frame(let payload) = decoder.next() {
                blackHole(payload)
                count += 1
            }
            guard count == pipelined else { throw WrongResult("\(count) frames") }
        }
    }
}
