extension DaemonConfiguration {
    /// What a reload comes to.
    public struct Reload: Sendable {
        /// What is in force from now on.
        public let configuration: DaemonConfiguration
        /// The keys whose new value is in force, in the order of the table.
        public let applied: [String]
        /// The keys that have another value now, which only a restart puts in force.
        public let pending: [String]
    }

    /// This configuration with the reloadable keys of `new`, which was loaded later.
    ///
    /// Throws when those contradict the keys that keep their value until a restart.
    public func reloaded(from new: DaemonConfiguration) throws(ConfigurationErrors) -> Reload {
        var merged = values
        var (applied, pending): ([String], [String]) = ([], [])
        for key in ConfigurationKeys.all {
            guard let entry = new.values[key], entry.value != values[key]?.value else { continue }
            if key.isReloadable {
                merged[key] = entry
                applied.append(key.name)
            } else {
                pending.append(key.name)
            }
        }
        let contradictions = try ConfigurationChecks.errors(in: merged)
        guard contradictions.isEmpty else { throw ConfigurationErrors(contradictions) }
        return Reload(configuration: try DaemonConfiguration(merged), applied: applied, pending: pending)
    }
}
