import MemoryModel
import MemoryService
import NIOCore
import WireProtocol

// What happens when a frame is too slow or too large.
extension ConnectionHandler {
    func updateFrameTimer(_ context: ChannelHandlerContext, isSlowed: Bool) {
        // Only the client's own slowness counts: while the daemon does not read, the timer stands still. A connection that
        // is not read because memory is short is not spared, else unfinished frames could hold it for ever.
        let isWaiting = decoder.isInsideFrame && isStarved && flow.hasRoom && !isInputClosed && !isSlowed
        if let frameTimer, !isWaiting || frameTimer.serial != frameSerial {
            frameTimer.timer.cancel()
            self.frameTimer = nil
        }
        guard isWaiting, frameTimer == nil else { return }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.frameTimeout)) {
            self.observer.observe(.frameTimedOut(self.peer, bufferedBytes: self.decoder.bufferedBytes))
            self.flushAtOnce(context)
            self.isClosing = true
            context.close(promise: nil)
        }
        frameTimer = (frameSerial, timer)
    }

    func refuseFrame(_ context: ChannelHandlerContext, declared: Int) {
        isRefused = true
        frameTimer?.timer.cancel()
        let limit = configuration.maximumFrameBytes
        observer.observe(.frameTooLarge(peer, declaredBytes: declared, limit: limit))
        send(
            processor.answerWithoutID(
                StoreError(
                    .frameTooLarge,
                    "a request frame may have at most \(limit) bytes (limits.max_frame_bytes), got \(declared)"
                )), context)
    }

    /// Shuts the write side, and discards input for a while so that the client gets to read the answer.
    func closeRefused(_ context: ChannelHandlerContext) {
        isClosing = true
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(ServerLimits.discardTime)) {
            context.close(promise: nil)
        }
        context.channel.setOption(.autoRead, value: true).assumeIsolated().whenFailure { _ in
            context.close(promise: nil)
        }
    }
}
