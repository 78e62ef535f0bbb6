import BrainClient
import Glibc

/// The live screen: asks, draws, and heeds keys, until it is told to end.
struct TopScreen {
    let client: BrainClient
    let delay: Duration
    let deadline: Duration?

    /// How long the daemon may take: a screen that stands still for longer says that it is not reachable.
    private static let usualDeadline = Duration.seconds(2)

    private enum Event: Sendable {
        case terminal(LiveTerminal.Event)
        case sample(Result<TopSample, Failure>)
    }

    private struct State {
        var before: TopSample?
        var now: TopSample?
        var problem: String?

        mutating func take(_ result: Result<TopSample, Failure>) {
            switch result {
            case .success(let sample):
                (before, now) = (now, sample)
                problem = nil
            case .failure(let failure): problem = failure.message
            }
        }
    }

    func run() async throws {
        // Keys that nobody has looked at yet are no loss, and of samples only the last is of interest.
        let (events, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(64))
        guard let terminal = LiveTerminal(onEvent: { continuation.yield(.terminal($0)) }) else {
            throw Failure.usage("standard input is no terminal", hint: "give --once")
        }
        let sampling = Task {
            while !Task.isCancelled {
                continuation.yield(.sample(await sample()))
                try? await Task.sleep(for: delay)
            }
        }
        let outcome: Result<Int32?, any Error>
        do {
            outcome = .success(try await show(events))
        } catch {
            outcome = .failure(error)
        }
        sampling.cancel()
        terminal.restore()
        if let number = try outcome.get() { ProcessEnd.bySignal(number) }
    }

    private func sample() async -> Result<TopSample, Failure> {
        do throws(Failure) {
            return .success(try await MetricsRequest.sample(client, deadline ?? Self.usualDeadline))
        } catch {
            return .failure(error)
        }
    }

    /// Draws until a key or a signal ends it; the signal, if it was one. Throws what will not get better by waiting.
    private func show(_ events: AsyncStream<Event>) async throws -> Int32? {
        var state = State()
        try await draw(state)
        for await event in events {
            switch event {
            case .terminal(.key(UInt8(ascii: "q"))), .terminal(.key(UInt8(ascii: "Q"))): return nil
            // Ctrl-C, Ctrl-D.
            case .terminal(.key(3)), .terminal(.key(4)): return nil
            case .terminal(.key): continue
            case .terminal(.signal(let number)): return number
            case .terminal(.resized): break
            case .sample(.failure(let failure)) where failure.isLasting: throw failure
            case .sample(let result): state.take(result)
            }
            try await draw(state)
        }
        return nil
    }

    private func draw(_ state: State) async throws {
        let size = LiveTerminal.size
        let screen = Screen(
            terminal: Terminal(isInteractive: true, width: size.width, hasColors: Terminal.output.hasColors), now: .now)
        let view = TopView(
            interval: state.now.map { TopInterval(now: $0, before: state.before) }, problem: state.problem,
            screen: screen, height: size.height)
        try await LiveTerminal.draw(view.lines)
    }
}
