/// Polls `condition` until it holds: what tests do instead of sleeping.
///
/// - Parameters:
///   - limit: how long to go on.
///   - interval: the pause between two looks.
/// - Returns: whether it held in time.
/// - Throws: what `condition` throws.
public func eventually(
    within limit: Duration = .seconds(5), every interval: Duration = .milliseconds(5),
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= end { return false }
        try await Task.sleep(for: interval)
    }
}
