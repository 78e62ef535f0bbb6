import Foundation

/// What a program run to its end did.
public struct ProgramOutcome: Sendable {
    /// How it ended.
    public let status: ProcessExit

    /// Its standard output.
    public let output: String

    /// Its standard error.
    public let errors: String
}

/// The package's programs, and how to run them.
public enum Program {
    /// The folder of the debug build; the environment variable `MEMORYD_TEST_BINARIES` names another.
    public static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["MEMORYD_TEST_BINARIES"] { return folder }
        return "\(packageRoot)/.build/debug"
    }()

    /// The folder of Package.swift.
    public static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// The path of a program of this package; throws when it is not built.
    public static func path(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestFailure("\(path) is not there; `swift build` makes it")
        }
        return path
    }

    /// The environment of programs under test: this process's own, less what would configure the daemon.
    public static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("BRAIN_") && name != "RUNTIME_DIRECTORY" && name != "NOTIFY_SOCKET"
        }
    }

    /// Runs a program of this package to its end.
    ///
    /// - Parameters:
    ///   - input: its standard input.
    ///   - environment: variables beside those of ``environment``.
    ///   - limit: how long it may take; it is killed then.
    /// - Throws: `TestFailure` when it can't be started or takes too long.
    public static func run(
        _ name: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> ProgramOutcome {
        let folder = try PrivateFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try Data(input.utf8).write(to: URL(fileURLWithPath: folder.file("in")))
        let descriptor = open(folder.file("in"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let process = try ChildProcess(
            [try path(name)] + arguments, environment: self.environment.merging(environment) { $1 },
            input: descriptor, output: folder.file("out"), errors: folder.file("err"))
        do {
            let status = try await process.ended(within: limit)
            return ProgramOutcome(
                status: status, output: text(of: folder.file("out")), errors: text(of: folder.file("err")))
        } catch {
            process.send(signal: SIGKILL)
            throw error
        }
    }

    /// The text of a file; empty when there is none.
    public static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
