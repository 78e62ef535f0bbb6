import MonotonicClock
import TestSupport
import Testing

@testable import RedisDriver

/// Which reply is whose, without a socket.
@Suite struct CommandPipelineTests {
    private static let origin = MonotonicInstant.now

    private func batch(_ owner: String, _ commands: Int, deadline: Int = 1_000) -> CommandBatch<String> {
        CommandBatch(
            commands: (0..<commands).map { RedisCommand(owner, "\($0)") }, bytes: 0,
            deadline: Self.origin + .milliseconds(deadline), owner: owner)
    }

    private func owner(_ delivery: CommandPipeline<String>.Delivery) -> String {
        switch delivery {
        case .incomplete: "incomplete"
        case .complete(let batch): "\(batch.owner)\(batch.replies.count)"
        case .unexpected: "unexpected"
        }
    }

    @Test func repliesComeInTheOrderOfTheCommands() {
        var pipeline = CommandPipeline<String>()
        #expect(owner(pipeline.deliver(.null)) == "unexpected")
        pipeline.append(batch("a", 2))
        pipeline.append(batch("b", 1))
        #expect(owner(pipeline.deliver(.null)) == "unexpected", "nothing is written")
        #expect(pipeline.takeUnwritten() == RedisCommand("a", "0"))
        #expect(owner(pipeline.deliver(.integer(1))) == "incomplete")
        #expect(owner(pipeline.deliver(.null)) == "unexpected", "the second command is not written")
        #expect(pipeline.takeUnwritten() == RedisCommand("a", "1"))
        #expect(pipeline.takeUnwritten() == RedisCommand("b", "0"))
        #expect(pipeline.takeUnwritten() == nil)
        #expect(!pipeline.hasUnwritten)
        #expect(owner(pipeline.deliver(.integer(2))) == "a2")
        #expect(owner(pipeline.deliver(.integer(3))) == "b1")
        #expect(owner(pipeline.deliver(.null)) == "unexpected")
    }

    @Test func whoHasWaitedLongEnoughLeavesAPlaceForItsReply() {
        var pipeline = CommandPipeline<String>()
        for (owner, deadline) in [("a", 10), ("b", 5), ("c", 30)] {
            pipeline.append(batch(owner, 1, deadline: deadline))
        }
        while pipeline.takeUnwritten() != nil {}
        let now = Self.origin + .milliseconds(10)
        let rearmed = Self.origin + .milliseconds(20)
        #expect(pipeline.expire(at: now, rearmed: rearmed, nobody: "nobody") == ["a", "b"])
        #expect(pipeline.earliestDeadline == rearmed)
        #expect(pipeline.expire(at: now, rearmed: rearmed, nobody: "nobody").isEmpty)
        #expect((0..<3).map { _ in owner(pipeline.deliver(.null)) } == ["nobody1", "nobody1", "c1"])
        #expect(pipeline.isEmpty && pipeline.earliestDeadline == nil)
    }

    @Test func aLossTellsWhatWasSent() {
        var pipeline = CommandPipeline<String>()
        pipeline.append(batch("late", 1, deadline: 10))
        pipeline.append(batch("sent", 1))
        pipeline.append(batch("partly", 2))
        pipeline.append(batch("queued", 1))
        pipeline.append(batch("queued late", 1, deadline: 9))
        for _ in 0..<3 { _ = pipeline.takeUnwritten() }
        let losses = pipeline.fail("gone", at: Self.origin + .milliseconds(10))
        #expect(losses.map(\.batch.owner) == ["late", "sent", "partly", "queued", "queued late"])
        #expect(
            losses.map(\.error) == [
                .timedOut, .connectionLost("gone"), .connectionLost("gone"), .unavailable("gone"), .timedOut,
            ])
        #expect(pipeline.earliestDeadline == nil && !pipeline.hasUnwritten)
        #expect(pipeline.fail("again", at: Self.origin).isEmpty)
    }

    @Test func theEarliestDeadlineIsThatOfASearch() {
        var generator = SeededGenerator(seed: 7)
        var window = DeadlineWindow()
        var mistakes = 0
        var model: [MonotonicInstant] = []
        for _ in 0..<20_000 {
            if model.isEmpty || Bool.random(using: &generator) {
                let deadline = Self.origin + .milliseconds(Int.random(in: 0..<50, using: &generator))
                window.push(deadline)
                model.append(deadline)
            } else {
                window.pop()
                model.removeFirst()
            }
            if window.earliest != model.min() { mistakes += 1 }
        }
        #expect(mistakes == 0)
    }
}
