import Glibc

/// `brain-load --socket PATH --requests FILE …` sends requests to a daemon as fast as it answers, or at a given rate, checks
/// every answer, and prints one line of JSON. `brain-load --socket PATH --respond RESULT` stands in for a daemon.
@main
enum BrainLoad {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            if let result = options.respond {
                try Responder(path: options.socket, result: result).run()
            }
            let load = try Load(options)
            try load.run()
            print(Report(load: load).line)
            if let error = load.tally.firstError {
                throw LoadError("\(load.tally.errors) requests failed, the first with \(error)")
            }
        } catch {
            let text = Array("brain-load: \(error)\n".utf8)
            _ = write(2, text, text.count)
            exit(1)
        }
    }
}
