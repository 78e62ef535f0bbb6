import PrometheusMetrics

/// The families that the daemon records as things happen: their names, and what is said of them. Those that are looked up
/// when somebody asks are in `Sampled…`.
enum MetricCatalog {
    static let prefix = "brain_memoryd_"

    static let requests = prefix + "requests_total"
    static let errors = prefix + "request_errors_total"
    static let duration = prefix + "request_duration_seconds"
    static let refusedRequests = prefix + "refused_requests_total"
    static let connectionsOpened = prefix + "connections_opened_total"
    static let connectionsRefused = prefix + "connections_refused_total"
    static let usersLimited = prefix + "users_limited_total"
    static let acceptFailures = prefix + "accept_failures_total"
    static let cacheBypasses = prefix + "cache_bypasses_total"
    static let workerDuration = prefix + "worker_run_duration_seconds"
    static let workersUnreachable = prefix + "workers_unreachable_total"
    static let postgresWait = prefix + "postgres_wait_seconds"
    static let textfileFailures = prefix + "textfile_failures_total"

    static let descriptions: [MetricDescription] = [
        .init(
            requests, "Requests that were carried out, by method and result: ok, or the kind of error.",
            showsZero: false),
        .init(errors, "Requests that were carried out and failed, by kind of error, over all methods."),
        .init(
            duration, "From a request's last byte to its answer, by method, errors included.", showsZero: false),
        .init(refusedRequests, "Requests that were refused before they began, by what was wrong with them."),
        .init(connectionsOpened, "Connections accepted."),
        .init(connectionsRefused, "Connections turned away because there were too many."),
        .init(usersLimited, "Times that a user came to a bound of what one user may have."),
        .init(acceptFailures, "Times that a connection could not be accepted, for want of descriptors say."),
        .init(cacheBypasses, "Times that the cache fell out of use, so that reads went to PostgreSQL."),
        .init(
            workerDuration, "How long runs of each worker took in this daemon.",
            bounds: [0.01, 0.1, 1, 10, 60, 600, 3_600], showsZero: false),
        .init(workersUnreachable, "Times that the workers lost sight of the database."),
        .init(postgresWait, "How long requests waited for a connection to PostgreSQL."),
        .init(textfileFailures, "Times that the textfile could not be written."),
    ]
}
