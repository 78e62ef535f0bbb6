import BrainClient
import Foundation
import Synchronization

/// Calls a daemon through `BrainClient`, as a program would, while it is restarted: restart-client SOCKET FILE
///
/// Some tasks share one client with its usual configuration: they store memories without ids, which only the certainty that
/// they were not carried out allows to send again, and read, until there is FILE. Prints how many calls were made, and each
/// error; exits with 1 when there was one.
@main
struct RestartClient {
    static func main() async {
        guard CommandLine.arguments.count == 3 else {
            print("usage: restart-client SOCKET FILE")
            exit(2)
        }
        let file = CommandLine.arguments[2]
        let caller = Caller(client: BrainClient(socketPath: CommandLine.arguments[1]))
        let tasks = (0..<8).map { number in
            Task.detached { while access(file, F_OK) != 0 { await caller.call(stores: number % 2 == 0) } }
        }
        for task in tasks { await task.value }
        let (calls, errors) = caller.result
        print("calls \(calls) errors \(errors.count)")
        for error in errors.prefix(10) { print(error) }
        exit(errors.isEmpty && calls > 0 ? 0 : 1)
    }
}

/// Makes calls and counts them.
private final class Caller: Sendable {
    private let client: BrainClient
    private let calls = Atomic(0)
    private let errors = Mutex<[String]>([])

    init(client: BrainClient) {
        self.client = client
    }

    var result: (calls: Int, errors: [String]) { (calls.load(ordering: .relaxed), errors.withLock { $0 }) }

    func call(stores: Bool) async {
        do throws(BrainError) {
            if stores {
                _ = try await client.store(NewMemory(agentID: "program", context: ["text": "through restarts"]))
            } else {
                _ = try await client.count(QueryFilter(agentID: "restarts"))
            }
            calls.add(1, ordering: .relaxed)
        } catch {
            errors.withLock { $0.append("\(stores ? "store" : "count"): \(error)") }
        }
    }
}
