/// Waits until the condition holds; false when it does not within thirty seconds, a bound for a busy machine.
package func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while try await !condition() {
        guard clock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(10))
    }
    return true
}
