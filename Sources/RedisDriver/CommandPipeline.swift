import DequeModule
import MonotonicClock

/// The commands of one call, which are sent together and answered together. An object, since what is generic costs a search
/// for its type's description with each copy.
///
/// `@unchecked Sendable`: it is handed on, from the caller to the mailbox to the link's thread, and only its holder changes it.
final class CommandBatch<Owner: Sendable>: @unchecked Sendable {
    /// Emptied once all are written, since they may be large.
    fileprivate var commands: [RedisCommand]
    let commandCount: Int
    /// What they count for in the bound of pending bytes.
    let bytes: Int
    fileprivate(set) var deadline: MonotonicInstant
    fileprivate(set) var owner: Owner
    /// Whether somebody waits for the replies.
    let isAwaited: Bool
    fileprivate(set) var replies: [RedisReply] = []

    init(
        commands: [RedisCommand], bytes: Int, deadline: MonotonicInstant, owner: Owner, isAwaited: Bool = true
    ) {
        self.commands = commands
        commandCount = commands.count
        self.bytes = bytes
        self.deadline = deadline
        self.owner = owner
        self.isAwaited = isAwaited
    }
}

/// Everything given to one connection, in order: which batch is written next, and whose reply comes next.
struct CommandPipeline<Owner: Sendable> {
    /// A batch that ends without its replies.
    struct Loss {
        let batch: CommandBatch<Owner>
        let error: RedisError
    }

    private var batches: Deque<CommandBatch<Owner>> = []
    /// How many batches, from the front, are written to their last command.
    private var written = 0
    /// How many commands of the batch after those are.
    private var writtenOfNext = 0
    private var deadlines = DeadlineWindow()
    /// How many batches somebody waits for.
    private var awaited = 0

    /// Of all batches, written or not: nil when there are none.
    var earliestDeadline: MonotonicInstant? { deadlines.earliest }

    /// Whether a command is left to be written.
    var hasUnwritten: Bool { written < batches.count }

    mutating func append(_ batch: CommandBatch<Owner>) {
        batches.append(batch)
        if batch.isAwaited { awaited += 1 }
        deadlines.push(batch.deadline)
    }

    /// The command to write next; its batch counts as sent from here on. nil when all are.
    mutating func takeUnwritten() -> RedisCommand? {
        guard hasUnwritten else { return nil }
        let batch = batches[written]
        let command = batch.commands[writtenOfNext]
        writtenOfNext += 1
        if writtenOfNext == batch.commandCount {
            batch.commands = []
            written += 1
            writtenOfNext = 0
        }
        return command
    }

    enum Delivery {
        /// More replies of the same batch are to come.
        case incomplete
        case complete(CommandBatch<Owner>)
        /// No command in flight has this reply: whoever is at the other end does not keep to the protocol.
        case unexpected
    }

    /// Takes the next reply in.
    mutating func deliver(_ reply: RedisReply) -> Delivery {
        guard let batch = batches.first, written > 0 || writtenOfNext > batch.replies.count else { return .unexpected }
        if batch.replies.isEmpty { batch.replies.reserveCapacity(batch.commandCount) }
        batch.replies.append(reply)
        guard batch.replies.count == batch.commandCount else { return .incomplete }
        written -= 1
        deadlines.pop()
        batches.removeFirst()
        if batch.isAwaited { awaited -= 1 }
        return .complete(batch)
    }

    /// Takes the owners away of batches whose deadline has passed: they wait no longer, but the replies will come, and
    /// must be told from those of later batches. `rearmed` is their deadline from then on.
    ///
    /// - Parameter nobody: the owner they get.
    mutating func expire(
        at now: MonotonicInstant, rearmed: MonotonicInstant, nobody: Owner
    ) -> [Owner] {
        var expired: [Owner] = []
        deadlines = DeadlineWindow()
        for batch in batches {
            if batch.deadline <= now {
                expired.append(batch.owner)
                batch.owner = nobody
                batch.deadline = rearmed
            }
            deadlines.push(batch.deadline)
        }
        return expired
    }

    /// Whether somebody waits for one of them.
    var isAwaited: Bool { awaited > 0 }

    /// Whether nothing is written or waits to be.
    var isEmpty: Bool { batches.isEmpty }

    /// Takes every batch out, with what its caller is to be told.
    mutating func fail(_ reason: String, at now: MonotonicInstant) -> [Loss] {
        defer { self = CommandPipeline() }
        let sent = writtenOfNext > 0 ? written + 1 : written
        return batches.enumerated().map { index, batch in
            if batch.deadline <= now { return Loss(batch: batch, error: .timedOut) }
            return Loss(batch: batch, error: index < sent ? .connectionLost(reason) : .unavailable(reason))
        }
    }
}
