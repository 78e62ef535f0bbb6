import Synchronization

/// Runs each hot path so many times between marks; `micro.sh` has callgrind count the instructions between them.
///
/// Each path runs to warm up, then N times, then 2 N times: the difference of the last two is N times the path and nothing
/// else. Without callgrind it only shows that the paths work.
@main
enum MicroBenchmarks {
    /// How many times a path runs in the shorter part.
    private static let iterations = 25

    static func main() throws {
        let thread = MainThread()
        for path in try DecodingPaths.all() + EncodingPaths.all() + RequestPaths.all() {
            // Enough for caches of the runtime and for arrays that grow.
            try measure(path, iterations, on: thread)
            mark()
            try measure(path, iterations, on: thread)
            mark()
            try measure(path, 2 * iterations, on: thread)
            mark()
            print(path.name, iterations)
        }
    }

    private static func measure(_ path: HotPath, _ count: Int, on thread: MainThread) throws {
        switch path.body {
        case .plain(let body): for _ in 0..<count { try body() }
        case .waiting(let body): try thread.run { try await body(count) }
        }
    }
}

/// Where callgrind writes down what it has counted since the last mark; `micro.sh` knows it by its name.
@inline(never)
func mark() {
    // Something that the compiler may not leave out.
    marks.add(1, ordering: .relaxed)
}

private let marks = Atomic(0)
