import MonotonicClock

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
    let end = MonotonicInstant.now + limit
    var looks = 0
    while true {
        if try await condition() { return true }
        looks += 1
        // While hundreds of tests begin on two processors, or a virtual machine stands still, seconds pass in which nothing of
        // what is waited for was given a turn: each look is behind what was to be done before it.
        if MonotonicInstant.now >= end, looks >= leastLooks { return false }
        try await Task.sleep(for: interval)
    }
}

/// How often at least is looked before a condition counts as false.
private let leastLooks = 20
