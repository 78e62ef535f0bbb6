import NIOCore

/// Connections of one event loop whose answers wait until it has looked at all that have sent something.
///
/// A client with several connections sleeps until its first answer, and finds those that come right after it without being
/// woken again; a waking costs about as much as looking up the answer. Used on its event loop only.
final class FlushQueue {
    private let eventLoop: any EventLoop
    private typealias Connections = [(handler: ConnectionHandler, context: ChannelHandlerContext)]
    private var waiting: Connections = []
    /// Room for the next turn's.
    private var spare: Connections = []

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Has `handler` write its answers at the end of this turn of the loop; to be called once for each turn.
    func add(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        waiting.append((handler, context))
        if waiting.count == 1 { eventLoop.assumeIsolated().execute { self.flush() } }
    }

    private func flush() {
        var due: Connections = []
        swap(&due, &waiting)
        swap(&waiting, &spare)
        for (handler, context) in due { handler.flushDue(context) }
        due.removeAll(keepingCapacity: true)
        swap(&due, &spare)
    }
}
