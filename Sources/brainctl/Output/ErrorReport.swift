import ArgumentParser
import BrainClient

/// What is said of an error, and how the program ends after it.
struct ErrorReport {
    let text: String
    let status: Failure.ExitStatus

    init(_ error: any Error, terminal: Terminal) {
        let name = terminal.paint("brainctl:", .red)
        switch error {
        case let failure as Failure:
            let hint = failure.hint.map { "\n" + terminal.paint("hint:", .dim) + " " + $0 } ?? ""
            text = "\(name) \(failure.message)\(hint)"
            status = failure.exitCode
        case let error as SystemError:
            text = "\(name) \(error)"
            status = .failed
        default:
            // Help, and what is wrong with the command line, as the argument parser says it.
            let message = Brainctl.fullMessage(for: error, columns: terminal.width)
            text = message.hasPrefix("Error: ") ? "\(name) \(message.dropFirst("Error: ".count))" : message
            status =
                switch Brainctl.exitCode(for: error) {
                case .success: .ok
                case .validationFailure: .usage
                case let code: Failure.ExitStatus(rawValue: code.rawValue) ?? .failed
                }
        }
    }
}
