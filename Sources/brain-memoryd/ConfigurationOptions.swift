import ArgumentParser
import DaemonConfiguration
import Foundation

/// The options that every subcommand has.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration file; config/brain-memoryd.yaml documents every key.")
    var config: String?

    @Flag(help: "Check the configuration and exit: 0 when it is right, 78 when not.")
    var checkConfig = false

    @Flag(help: "Print the configuration in force, with the source of each value, and exit.")
    var dumpConfig = false

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "Configuration keys as flags, such as --managed DIR, --socket PATH, --postgres-url URL.",
            valueName: "--key value"))
    var flags: [String] = []

    /// Reads and checks the configuration. Blocks.
    func read(passedSocket: String? = nil) throws(ConfigurationErrors) -> DaemonConfiguration {
        try ConfigurationLoader.load(
            file: config, environment: ProcessInfo.processInfo.environment, flags: flags, passedSocket: passedSocket)
    }

    /// Loads the configuration, or ends the program with what was asked of it instead.
    func load(passedSocket: String? = nil) throws -> DaemonConfiguration {
        let configuration: DaemonConfiguration
        do throws(ConfigurationErrors) {
            configuration = try read(passedSocket: passedSocket)
        } catch {
            throw DaemonFailure(error)
        }
        if dumpConfig {
            print(configuration.dump(), terminator: "")
            throw ExitCode.success
        }
        if checkConfig {
            print("the configuration is right")
            throw ExitCode.success
        }
        return configuration
    }
}
