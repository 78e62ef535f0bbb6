import MemoryModel
public import MemoryService
import MonotonicClock
import NIOCore
import NIOPosix
import Synchronization

/// Serves the wire protocol at a Unix socket.
public final class SocketServer: Sendable {
    private let configuration: LiveValue<SocketServerConfiguration>
    private let processor: RequestProcessor
    private let access: AccessControl
    private let observer: any Observer
    private let admission: Admission
    private let tasks = RunningTasks()
    private let group: MultiThreadedEventLoopGroup
    private let flushQueues: [ObjectIdentifier: NIOLoopBoundBox<FlushQueue?>]
    private let executors: [ObjectIdentifier: LoopExecutor]
    private let socketFile: SocketFile
    private let connections = Mutex(Connections())
    private let listener = Mutex<Listener?>(nil)

    private struct Connections {
        var open: [ObjectIdentifier: any Channel] = [:]
        var count = 0
        var isDraining = false
        /// Connections that are to be told that there is no room for them.
        var refused = 0
    }

    /// Claims the socket. Nothing is accepted before `start()`. Throws when the socket can't be had.
    public init(
        configuration: SocketServerConfiguration, processor: RequestProcessor, policy: AccessPolicy,
        observer: any Observer
    ) throws(SocketError) {
        self.configuration = LiveValue(configuration)
        self.processor = processor
        access = AccessControl(policy)
        self.observer = observer
        admission = Admission(configuration.admissionBounds)
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        flushQueues = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map {
                (ObjectIdentifier($0), NIOLoopBoundBox.makeEmptyBox(valueType: FlushQueue.self, eventLoop: $0))
            })
        executors = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopExecutor($0)) })
        if let adopted = configuration.adoptedSocket {
            socketFile = SocketFile(adopting: adopted, path: configuration.path)
        } else {
            socketFile = try SocketFile(path: configuration.path, mode: configuration.mode, group: configuration.group)
        }
    }

    /// Accepts connections from now on, until `stop()`. Without effect when it does so already.
    public func start() throws(SocketError) {
        try listener.withLock { kept throws(SocketError) in
            guard kept == nil else { return }
            let listener = try Listener(socket: socketFile.descriptor, observer: observer) { [weak self] descriptor in
                self?.open(descriptor)
            }
            try socketFile.startListening()
            try listener.start()
            kept = listener
        }
    }

    /// The bounds of one connection, of those that are made from now on, the number of connections and the grace of a stop
    /// are those of `configuration`; the rest of it stays as it was.
    public func reconfigure(_ configuration: SocketServerConfiguration) {
        self.configuration.replace(with: configuration)
        admission.reconfigure(
            maximumConnections: configuration.maximumConnections, perUser: configuration.maximumConnectionsPerUser)
    }

    /// Judges requests by `policy` from now on, those of open connections too.
    public func replacePolicy(with policy: AccessPolicy) { access.replace(with: policy) }

    /// For each event loop, what has it call `done` itself, and returns at once. Not to be used after `stop()`.
    public var eventLoopProbes: [@Sendable (_ done: @escaping @Sendable () -> Void) -> Void] {
        group.makeIterator().map { eventLoop in { done in eventLoop.execute(done) } }
    }

    /// Stops accepting, lets what is in flight finish within the grace, answers the rest `shutting_down`, and returns when
    /// every connection is closed.
    public func stop() async {
        if let listener = listener.withLock({ $0 }) {
            await listener.stop()
        } else {
            RawSocket.close(socketFile.descriptor)
        }
        socketFile.remove()
        notify(.drain)
        if await !connectionsClosed(within: configuration.value.shutdownGrace) {
            notify(.expire)
            if await !connectionsClosed(within: ServerLimits.flushTime) {
                for channel in connections.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
            }
        }
        // A request whose caller was answered early may run on, and comes back to its event loop when it ends. If that takes
        // longer still, the loops are left to the end of the process.
        if await tasks.ended(within: ServerLimits.flushTime) { try? await group.shutdownGracefully() }
    }

    private func notify(_ event: ShutdownEvent) {
        let channels = connections.withLock { connections in
            connections.isDraining = true
            return Array(connections.open.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    private func connectionsClosed(within limit: Duration) async -> Bool {
        let deadline = MonotonicInstant.now + limit
        while connections.withLock({ $0.count }) > 0 {
            if MonotonicInstant.now >= deadline { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    /// How much it has taken on now.
    public var load: ServerLoad {
        let bounds = configuration.value
        return ServerLoad(
            connections: .init(now: connections.withLock { $0.count }, limit: bounds.maximumConnections),
            requests: .init(now: admission.inFlight, limit: bounds.maximumInFlight),
            bufferedBytes: .init(now: admission.heldBytes, limit: bounds.maximumBufferedBytes))
    }

    // MARK: Connections

    /// Takes over an accepted socket. Called on the listener's thread.
    private func open(_ descriptor: Int32) {
        let peer: Peer
        do throws(SocketError) {
            peer = try Peer(ofSocket: descriptor)
        } catch {
            observer.observe(.acceptFailed(error.description))
            RawSocket.close(descriptor)
            return
        }
        if let refusal = reserve(peer) { return refuse(descriptor, peer, refusal) }
        // A user that opens one connection after the other has its share of the loops' time, too.
        let delay = admission.reserveConnection(of: peer.uid, lasting: ServerLimits.costOfConnection) - .now
        guard delay > .zero else { return serve(descriptor, peer) }
        group.next().scheduleTask(in: TimeAmount(max(delay, ServerLimits.shortestPace))) {
            self.serve(descriptor, peer)
        }
    }

    /// Tells a connection that there is no room for it, after a while: who comes again at once would otherwise keep the
    /// daemon busy with that.
    private func refuse(_ descriptor: Int32, _ peer: Peer, _ refusal: Admission.Refusal) {
        let error: StoreError
        switch refusal {
        case .full:
            let configuration = configuration.value
            observer.observe(.connectionRefused(peer, limit: configuration.maximumConnections))
            error = StoreError(
                .busy,
                "the daemon has as many connections as it may: \(configuration.maximumConnections) (limits.max_connections)",
                retryAfterMilliseconds: ServerLimits.retryAfterMilliseconds)
        case .user(let bound, let limit, let isNew):
            if isNew { observer.observe(.userLimited(peer, bound, limit: limit)) }
            error = StoreError(busyWith: refusal, of: peer)
        }
        let answer = processor.answerWithoutID(error)
        let isHeld = connections.withLock { connections in
            guard connections.refused < ServerLimits.refusedConnections, !connections.isDraining else { return false }
            connections.refused += 1
            return true
        }
        guard isHeld else { return RawSocket.sendAndClose(descriptor, answer) }
        group.next().scheduleTask(in: .milliseconds(Int64(ServerLimits.retryAfterMilliseconds))) {
            RawSocket.sendAndClose(descriptor, answer)
            self.connections.withLock { $0.refused -= 1 }
        }
    }

    private func serve(_ descriptor: Int32, _ peer: Peer) {
        let configuration = configuration.value
        let access = PeerAccess(of: peer, by: access)
        let isRegistered = Mutex(false)
        ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 65_536)
            )
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(
                            processor: processor, admission: admission, tasks: tasks,
                            executor: executors[ObjectIdentifier(channel.eventLoop)],
                            flushQueue: flushQueue(channel.eventLoop), access: access, descriptor: descriptor,
                            observer: observer, configuration: configuration))
                    register(channel, peer)
                    isRegistered.withLock { $0 = true }
                }
            }
            .withConnectedSocket(descriptor)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel):
                    // One that came in while the others were told to drain.
                    guard connections.withLock({ $0.isDraining }) else { return }
                    channel.pipeline.fireUserInboundEventTriggered(ShutdownEvent.drain)
                case .failure(let error):
                    observer.observe(.acceptFailed("\(error)"))
                    if !isRegistered.withLock({ $0 }) { release(nil, peer) }
                }
            }
    }

    /// The queue of an event loop of the group, on that loop.
    private func flushQueue(_ eventLoop: any EventLoop) -> FlushQueue? {
        guard let box = flushQueues[ObjectIdentifier(eventLoop)] else { return nil }
        if let queue = box.value { return queue }
        let queue = FlushQueue(eventLoop)
        box.value = queue
        return queue
    }

    /// Counts a connection in, or says why not. One that comes while the server stops is told so when it asks something.
    private func reserve(_ peer: Peer) -> Admission.Refusal? {
        if let refusal = admission.admitConnection(of: peer.uid) { return refusal }
        connections.withLock { $0.count += 1 }
        return nil
    }

    private func register(_ channel: any Channel, _ peer: Peer) {
        let count = connections.withLock { connections in
            connections.open[ObjectIdentifier(channel)] = channel
            return connections.count
        }
        observer.observe(.connectionOpened(peer, open: count))
        channel.closeFuture.whenComplete { [self] _ in release(channel, peer) }
    }

    private func release(_ channel: (any Channel)?, _ peer: Peer) {
        let count = connections.withLock { connections in
            if let channel { connections.open.removeValue(forKey: ObjectIdentifier(channel)) }
            connections.count -= 1
            return connections.count
        }
        observer.observe(.connectionClosed(peer, open: count))
        for bound in admission.releaseConnection(of: peer.uid) {
            observer.observe(.userRelieved(uid: peer.uid, bound))
        }
    }
}
