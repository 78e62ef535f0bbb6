import ArgumentParser
import BrainClient
import Testing

@testable import brainctl

@Suite struct ArgumentTests {
    @Test(arguments: [
        ("90s", 90), ("15m", 900), ("1h", 3_600), ("2d", 172_800), ("1w", 604_800), ("1h30m", 5_400), ("0s", 0),
    ])
    func spans(text: String, seconds: Int64) {
        #expect(SpanArgument(argument: text)?.microseconds == seconds * 1_000_000)
    }

    @Test(arguments: [
        "", "1", "h", "1y", "-1h", "1.5h", "1h ", "99999999999999999999s", "9223372036854775807w", "１h",
    ])
    func noSpans(text: String) {
        #expect(SpanArgument(argument: text) == nil)
    }

    @Test func times() throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-04T05:06:07Z"))
        let resolved = { (text: String) in TimeArgument(argument: text)?.resolved(now: now).description }
        #expect(resolved("2026-01-02") == "2026-01-02T00:00:00.000000Z")
        #expect(resolved("2026-01-02T03:04:05+01:00") == "2026-01-02T02:04:05.000000Z")
        #expect(resolved("2h") == "2026-03-04T03:06:07.000000Z")
        #expect(resolved("now") == now.description)
        #expect(resolved("yesterday") == nil)
        #expect(
            TimeArgument(argument: "2026-01-02")?.resolvedAsEnd(now: now).description == "2026-01-02T23:59:59.999999Z")
    }

    @Test func filtersResolveOnce() throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-04T05:06:07Z"))
        let options = try FilterOptions.parse([
            "--agent", "a", "--tag", "x", "--tag", "y", "--all-tags", "--since", "1h", "--until", "2026-03-04",
            "--min-importance", "3",
        ])
        let filter = options.filter(now: now)
        #expect(filter.agentID == "a" && filter.tags == ["x", "y"] && filter.tagMode == .all)
        #expect(filter.start?.description == "2026-03-04T04:06:07.000000Z" && filter.minimumImportance == 3)
        #expect(options.content.restated(now: now) == "--since 2026-03-04T04:06:07.000000Z ")
    }

    @Test func storeBuildsItsRecord() async throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-04T05:06:07Z"))
        let command = try StoreCommand.parse([
            "--agent", "a", "hello", "--tag", "x", "--importance", "7", "--expires-in", "1h", "--id", "m1",
            "--timestamp",
            "30m", "--if-version", "0", "--embeddings", "[0.5, -1]",
        ])
        let params = try await command.request(now: now).params.description
        #expect(
            params == #"{"record":{"id":"m1","agentId":"a","timestamp":"2026-03-04T04:36:07.000000Z","#
                + #""context":{"text":"hello"},"embeddings":[0.5,-1.0],"tags":["x"],"importance":7,"#
                + #""expiresAt":"2026-03-04T06:06:07.000000Z"},"ifVersion":0}"#)
    }

    @Test(arguments: [
        ["store"], ["store", "x"], ["store", "--agent", "a"], ["store", "--agent", "a", "x", "--text", "y"],
        ["store", "-", "--agent", "a"], ["store", "--agent", "a", "x", "--expires-at", "1h"],
        ["store", "--agent", "a", "x", "--expires-at", "2030-01-01", "--expires-in", "1h"], ["get"], ["clear"],
        ["clear", "--agent", "a", "--all"], ["delete", "a", "b", "--if-version", "1"], ["ping", "--count", "0"],
        ["ping", "--deadline-ms", "600001"], ["completions", "tcsh"], ["query", "--since", "tomorrow"], ["import"],
        ["no"],
        ["query", "--no-such-option"], ["count", "superfluous"],
    ])
    func wrongCommandLinesEndWith2(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { _ = try Brainctl.parseAsRoot(arguments) }
        let report = ErrorReport(error, terminal: .plain)
        #expect(report.status == .usage)
        #expect(report.text.hasPrefix("brainctl: "))
    }

    @Test(arguments: [["--help"], ["help", "store"], ["query", "-h"], ["--version"]])
    func helpIsNoError(arguments: [String]) throws {
        let report: ErrorReport
        do {
            var command = try Brainctl.parseAsRoot(arguments)
            try command.run()
            Issue.record("expected help for \(arguments)")
            return
        } catch {
            report = ErrorReport(error, terminal: .plain)
        }
        #expect(report.status == .ok && !report.text.isEmpty)
    }

    @Test func everyCommandHasExamplesThatParse() throws {
        let commands = Brainctl.configuration.groupedSubcommands.flatMap(\.subcommands)
        #expect(commands.count == 25)
        for command in commands {
            let lines = command.configuration.discussion.split(separator: "\n").map { $0.drop { $0 == " " } }
            #expect(
                lines.contains { $0.hasPrefix("brainctl ") },
                "\(command.configuration.commandName ?? "") has no example")
            for line in lines where line.hasPrefix("brainctl ") {
                let words = shellWords(String(line)).prefix { !["|", ">", "<", "2>&1"].contains($0) }
                #expect(throws: Never.self, "\(line)") { _ = try Brainctl.parseAsRoot(Array(words.dropFirst())) }
            }
        }
    }

    /// The words of a command line with simple quotes.
    private func shellWords(_ line: String) -> [String] {
        var words = [""]
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            } else if quote == nil, character == " " {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words.filter { !$0.isEmpty }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionScripts(shell: String) throws {
        let command = try CompletionsCommand.parse([shell])
        #expect(Brainctl.completionScript(for: command.shell.completionShell).contains("min-importance"))
    }

    @Test(arguments: [
        (["--json", "count"], ["count", "--json"]),
        (
            ["--socket", "/s", "--deadline-ms=5", "get", "m1", "--json"],
            ["get", "--socket", "/s", "--deadline-ms=5", "m1", "--json"]
        ),
        (["count", "--json"], ["count", "--json"]),
        (["--socket"], ["--socket"]),
        (["--json", "--help"], ["--json", "--help"]),
        (["--what", "count"], ["--what", "count"]),
        ([], []),
    ])
    func optionsMayStandBeforeTheCommand(given: [String], meant: [String]) throws {
        #expect(LeadingOptions.moved(behindCommandIn: given) == meant)
        if meant.contains("count"), meant.first == "count" {
            #expect(try Brainctl.parseAsRoot(meant) is CountCommand)
        }
    }
}
