// The keys of the log.
extension ConfigurationKeys {
    static let logLevel = ConfigurationKey(
        "log.level", .choice(DaemonConfiguration.Log.Level.allCases.map(\.rawValue)), default: "info",
        reloadable: true,
        "The least important messages that are logged. From info on, many entries of one kind are a few and a count of "
            + "the rest; debug and trace are logged one by one.")

    static let logTarget = ConfigurationKey(
        "log.target", .choice(DaemonConfiguration.Log.Target.allCases.map(\.rawValue)), default: "auto",
        "Where the log goes: to journald with all its fields (journal), or to standard error (stderr). auto is journal "
            + "when standard error leads to journald already, as $JOURNAL_STREAM tells, and else stderr.")

    static let logFormat = ConfigurationKey(
        "log.format", .choice(DaemonConfiguration.Log.Format.allCases.map(\.rawValue)), default: "text",
        "How the log looks on standard error: for people (text), or one JSON object a line (json).")

    static let logSlowRequest = ConfigurationKey(
        "log.slow_request_ms", .integer(0...600_000), unit: "milliseconds", default: "1000", reloadable: true,
        "Requests that take longer are logged as warnings. 0: none are.")
}
