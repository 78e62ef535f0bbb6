import NIOCore
import WireProtocol

/// Turns the bytes of one socket into frames for its `ClientConnection`.
final class ClientChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let channel: any Channel
    private let connection: ClientConnection
    private var decoder: FrameDecoder
    private var reason = "the daemon closed it"

    init(connection: ClientConnection, channel: any Channel, maximumAnswerBytes: Int) {
        self.connection = connection
        self.channel = channel
        decoder = FrameDecoder(maximumFrameBytes: maximumAnswerBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        decoder.append(&bytes)
        while true {
            switch decoder.next() {
            case .frame(let payload): connection.received(payload)
            case .needsMore: return
            case .tooLarge(let declared):
                return connection.violated(
                    "an answer of \(declared) bytes, over the \(decoder.maximumFrameBytes) allowed")
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.sendWaiting() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if decoder.isInsideFrame { reason += " in the middle of an answer" }
        connection.disconnected(self, reason: reason)
        context.fireChannelInactive()
    }
}
