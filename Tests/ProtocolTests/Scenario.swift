import Testing

/// One case of the protocol, from a single call to a small story. It knows nothing of how calls travel, so that the
/// same cases run in process and over the socket.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// What it needs to run in.
    enum Place: Sendable {
        /// A world that others use too: it minds only agents and ids that are its own.
        case shared

        /// A world of its own, with an empty database.
        case fresh(World.Options)
    }

    /// What is claimed; unique.
    let name: String

    /// The parts of the protocol's page that it proves.
    let proves: [Rule]

    /// What it needs to run in.
    let place: Place

    /// How calls may travel: `.socket` alone for what only a connection has.
    let transports: Set<TransportKind>

    /// Whether calls come from several users, which over the socket only root can arrange.
    let hasSeveralUsers: Bool

    /// The case itself; it records issues, or throws.
    let run: @Sendable (World) async throws -> Void

    init(
        _ name: String, _ proves: Rule..., in place: Place = .shared, over transports: Set<TransportKind> = .both,
        severalUsers: Bool = false, run: @escaping @Sendable (World) async throws -> Void
    ) {
        self.init(name, proves, in: place, over: transports, severalUsers: severalUsers, run: run)
    }

    init(
        _ name: String, _ proves: [Rule], in place: Place = .shared, over transports: Set<TransportKind> = .both,
        severalUsers: Bool = false, run: @escaping @Sendable (World) async throws -> Void
    ) {
        self.name = name
        self.proves = proves
        self.place = place
        self.transports = transports
        hasSeveralUsers = severalUsers
        self.run = run
    }

    var testDescription: String { name }

    /// Runs it in its place.
    func run(over kind: TransportKind) async throws {
        switch place {
        case .shared: try await run(try await World.shared(kind))
        case .fresh(let options):
            let world = try await World.fresh(kind, options)
            do {
                try await run(world)
            } catch {
                await world.end()
                throw error
            }
            await world.end()
        }
    }
}

extension Set<TransportKind> {
    static let both: Self = [.inProcess, .socket]
}

/// All of them, in the order of the protocol's page.
extension Scenario {
    static let all: [Scenario] =
        frames + requests + syntax + storeErrors + loadErrors + recordNames + recordTimes + recordContents + recordTags
        + expiry + fields
        + storing + batches + deleting + queries + paging + bigAnswers + models + insights + statistics + agents
        + health + cache
        + permissions + administration + users

    static func all(over kind: TransportKind, severalUsers: Bool) -> [Scenario] {
        all.filter { $0.transports.contains(kind) && $0.hasSeveralUsers == severalUsers }
    }
}
