import ArgumentParser
import Glibc

/// Parses the command line, runs the command, and ends with 0 (done), 1 (failed) or 2 (the command line is wrong).
@main
enum Main {
    static func main() async {
        do {
            let arguments = LeadingOptions.moved(behindCommandIn: Array(CommandLine.arguments.dropFirst()))
            var command = try Brainctl.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            await end(after: error)
        }
    }

    private static func end(after error: any Error) async -> Never {
        let report = ErrorReport(error, terminal: .error)
        let sink = report.status == .ok ? ByteSink.standardOutput : ByteSink.standardError
        if !report.text.isEmpty { try? await sink.line(report.text) }
        exit(report.status.rawValue)
    }
}
