import MemoryModel
public import MemoryService
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
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: ServerLimits.eventLoops)
    private let socketFile: SocketFile
    private let connections = Mutex(Connections())
    private let listener = Mutex<Listener?>(nil)

    private struct Connections {
        var open: [ObjectIdentifier: any Channel] = [:]
        var count = 0
        var isDraining = false
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
        admission = Admission(
            maximumInFlight: configuration.maximumInFlight, maximumBytes: configuration.maximumBufferedBytes)
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
        let deadline = ContinuousClock.now + limit
        while connections.withLock({ $0.count }) > 0 {
            if ContinuousClock.now >= deadline { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    /// How much it has taken on now.
    public var load: ServerLoad {
        let configuration = configuration.value
        return ServerLoad(
            connections: .init(now: connections.withLock { $0.count }, limit: configuration.maximumConnections),
            requests: .init(now: admission.inFlight, limit: configuration.maximumInFlight),
            bufferedBytes: .init(now: admission.heldBytes, limit: configuration.maximumBufferedBytes))
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
        let configuration = configuration.value
        guard reserve(configuration.maximumConnections) else {
            observer.observe(.connectionRefused(peer, limit: configuration.maximumConnections))
            let error = StoreError(
                .busy,
                "the daemon has as many connections as it may: \(configuration.maximumConnections) (limits.max_connections)",
                retryAfterMilliseconds: ServerLimits.retryAfterMilliseconds)
            RawSocket.sendAndClose(descriptor, processor.answerWithoutID(error))
            return
        }
        let access = PeerAccess(of: peer, by: access)
        let isRegistered = Mutex(false)
        ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 262_144)
            )
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(
                            processor: processor, admission: admission, tasks: tasks, access: access,
                            descriptor: descriptor, observer: observer, configuration: configuration))
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

    private func reserve(_ maximumConnections: Int) -> Bool {
        connections.withLock { connections in
            guard connections.count < maximumConnections else { return false }
            connections.count += 1
            return true
        }
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
    }
}
