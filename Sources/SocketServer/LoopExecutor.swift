import NIOCore

/// Runs tasks on an event loop: a short request that only waits for others is carried out where its connection is, and wakes
/// no further thread each time it goes on.
///
/// Only for work that never keeps a processor for long, and never blocks.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
