import ArgumentParser
import BrainClient

struct CleanupCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup", abstract: "Delete expired memories for good.",
        discussion: """
            Expired memories are never shown; this frees their room. It needs an administrator.

            EXAMPLES:
              brainctl cleanup
            """)

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<Int64> { .cleanupExpired }

    func present(_ count: Int64, on screen: Screen) -> String {
        "removed \(Numbers.counted(count, "expired memory", "expired memories"))"
    }
}
