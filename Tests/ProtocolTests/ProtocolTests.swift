import Glibc
import Testing

/// The wire protocol's page, sentence by sentence (see `Rule`), against a real PostgreSQL: the same cases on the
/// request processor in this process and over the socket of a running daemon.
@Suite struct ProtocolTests {
    @Test(.serialized, arguments: Scenario.all(over: .inProcess, severalUsers: false))
    func inProcess(_ scenario: Scenario) async throws {
        try await scenario.run(over: .inProcess)
    }

    @Test(.serialized, arguments: Scenario.all(over: .socket, severalUsers: false))
    func overTheSocket(_ scenario: Scenario) async throws {
        try await scenario.run(over: .socket)
    }

    @Test(.serialized, arguments: Scenario.all(over: .inProcess, severalUsers: true))
    func severalUsersInProcess(_ scenario: Scenario) async throws {
        try await scenario.run(over: .inProcess)
    }

    @Test(
        .serialized, .enabled(if: geteuid() == 0, "only root can connect as several users"),
        arguments: Scenario.all(over: .socket, severalUsers: true))
    func severalUsersOverTheSocket(_ scenario: Scenario) async throws {
        try await scenario.run(over: .socket)
    }

    /// What no scenario can prove yet, and why. It gets shorter, never longer.
    private static let unproven: [Rule: String] = [:]

    @Test func everyRuleHasAScenario() {
        let proven = Set(Scenario.all.flatMap(\.proves))
        for rule in Rule.allCases {
            #expect(
                proven.contains(rule) != (Self.unproven[rule] != nil),
                "\(rule.rawValue): no scenario proves it, or one does now")
        }
    }

    @Test func everyScenarioHasANameOfItsOwn() {
        #expect(Dictionary(grouping: Scenario.all, by: \.name).filter { $0.value.count > 1 }.keys.sorted() == [])
    }
}
