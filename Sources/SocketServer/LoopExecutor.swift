import NIOCore
import Synchronization

/// Runs tasks on an event loop: a short request that only waits for others is carried out where its connection is, and wakes
/// no further thread each time it goes on.
///
/// Only for work that never keeps a processor for long, and never blocks.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop
    /// What is to go on, in the order in which it came: the loop is told of the first only, and takes all.
    private let jobs = Mutex<[UnownedJob]>([])

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { eventLoop.execute { self.runAll() } }
    }

    private func runAll() {
        let executor = asUnownedTaskExecutor()
        let jobs = jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in jobs { job.runSynchronously(on: executor) }
    }
}
