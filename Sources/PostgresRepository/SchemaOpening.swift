import LogEvents
public import Logging
import MonotonicClock

/// Opens a gate as soon as the database behind it can be reached and its schema is right.
public struct SchemaOpening: Sendable {
    private let runner: MigrationRunner
    private let gate: SchemaGate
    private let logger: Logger
    private let prepare: @Sendable (PendingMigrations) async throws -> Void
    private let join: @Sendable () async throws -> Void
    private let tell: @Sendable (Progress) -> Void

    /// What the opening is at.
    public enum Progress: Hashable, Sendable {
        /// The database does not answer, and why; tries go on.
        case waiting(String)
        /// The schema is brought from one version to another.
        case migrating(from: Int, to: Int)
        /// The other daemons on the database are told of this one.
        case joining
    }

    /// How long one attempt may take: a migration of a large table takes minutes.
    private static let attemptLimit = Duration.seconds(3_600)

    /// The pause between attempts. A PostgreSQL that comes back is in use again well within two seconds.
    private static let pause = Duration.milliseconds(250)

    /// Will apply `runner`'s migrations, after what `prepare` does if they change a schema that is there, do what `join`
    /// does, and open `gate`. `tell` is told what it is at.
    public init(
        runner: MigrationRunner, gate: SchemaGate, logger: Logger,
        preparing prepare: @escaping @Sendable (PendingMigrations) async throws -> Void = { _ in },
        joining join: @escaping @Sendable () async throws -> Void = {},
        telling tell: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.runner = runner
        self.gate = gate
        self.logger = logger
        self.prepare = prepare
        self.join = join
        self.tell = tell
    }

    /// Tries until the schema is there and right. Throws `.refused` or `.failed`, which trying again would not mend,
    /// what `prepare` throws, and `CancellationError`.
    public func openWhenReachable() async throws -> MigrationReport {
        let report = try await migrateWhenReachable()
        tell(.joining)
        gate.note("this daemon has not announced itself to the others on its database yet")
        try await join()
        gate.open()
        return report
    }

    private func migrateWhenReachable() async throws -> MigrationReport {
        while true {
            do {
                let pending = try await runner.pending(deadline: .now + Self.attemptLimit)
                if let pending {
                    tell(.migrating(from: pending.current, to: pending.new))
                    try await prepare(pending)
                }
                return try await runner.migrate(deadline: .now + Self.attemptLimit)
            } catch MigrationError.unavailable(let reason) {
                tell(.waiting(reason))
                if gate.note(reason) {
                    logger.log(
                        .storeAwaited, .warning, "waiting for PostgreSQL: \(reason)", metadata: ["reason": "\(reason)"])
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }
}
