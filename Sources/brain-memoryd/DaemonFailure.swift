import DaemonConfiguration
import Foundation
import LogEvents
import Logging
import ManagedPostgres
import PostgresRepository
import ProcessSupervision
import SocketServer
import SystemdDriver

/// Why the daemon ends, and with which exit status (sysexits.h).
struct DaemonFailure: Error {
    /// The exit statuses in use.
    enum Status: Int32 {
        /// What it was given to work on is not right: a database that some other program, or a newer version, has altered.
        case dataError = 65

        /// A service it needs is not there.
        case unavailable = 69

        /// A bug.
        case software = 70

        /// The system refuses something: a folder, a user, a process.
        case systemError = 71

        /// The socket can't be had.
        case cannotCreate = 73

        /// The configuration is not right.
        case configuration = 78
    }

    let status: Status
    let message: String
    /// Whether the log tells of it already.
    private(set) var isLogged = false

    init(status: Status, message: String) {
        self.status = status
        self.message = message
    }

    /// Writes the message to standard error unless the log has it, each line after the program's name, tells the service
    /// manager its first line, and ends the process.
    func exit() -> Never {
        let lines = message.split(separator: "\n")
        let more = lines.count > 1 ? " (and \(lines.count - 1) more lines in the log)" : ""
        ServiceNotifier().send([.status("Failed: \(lines.first ?? "")\(more)")])
        for line in lines where !isLogged {
            FileHandle.standardError.write(Data("brain-memoryd: \(line)\n".utf8))
        }
        Foundation.exit(status.rawValue)
    }
}

extension DaemonFailure {
    /// Tells the log why the daemon ends.
    func logged(by logger: Logger) -> DaemonFailure {
        logger.log(
            .failed, .critical, "brain-memoryd ends: \(message)", metadata: ["exit_status": "\(status.rawValue)"])
        var failure = self
        failure.isLogged = true
        return failure
    }
}

extension DaemonFailure {
    init(_ errors: ConfigurationErrors) {
        self.init(status: .configuration, message: errors.description)
    }

    init(_ error: SocketError) {
        self.init(status: .cannotCreate, message: error.description)
    }

    init(_ error: ManagedPostgresError) {
        let status: Status =
            switch error.kind {
            case .programsNotFound: .unavailable
            case .foreignFolder, .versionMismatch: .dataError
            case .locked, .userUnusable, .unreachableFolder: .configuration
            case .fileFailure, .initializationFailed, .leftoverServer, .startFailed: .systemError
            case .cancelled, .misuse: .software
            }
        self.init(status: status, message: error.message)
    }
}
