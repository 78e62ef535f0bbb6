import BrainClient
import Testing

@testable import brainctl

@Suite struct OutputTests {
    private static let terminal80 = Terminal(isInteractive: true, width: 80, hasColors: false)

    @Test(arguments: [
        ("abc", 3), ("", 0), ("é", 1), ("e\u{301}", 1), ("日本語", 6), ("한글", 4), ("👍🏽", 2), ("👩‍👩‍👧", 2), ("❤️", 2),
        ("ｆｕｌｌ", 8), ("a\u{200B}b", 2), ("…█", 2),
    ])
    func widthInCells(text: String, width: Int) {
        #expect(DisplayText.width(text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("abcd efg", 6, "abcd…"), ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"), ("abc", 1, "…"), ("abc", 0, ""),
    ])
    func cutting(text: String, limit: Int, cut: String) {
        #expect(DisplayText.cut(text, to: limit) == cut)
        #expect(DisplayText.width(DisplayText.cut(text, to: limit)) <= limit)
    }

    @Test func nothingStoredCanSteerTheTerminal() {
        #expect(
            DisplayText.sanitized("a\u{1B}[31mb\u{7F}\u{9B}c\u{202E}d") == "a\u{FFFD}[31mb\u{FFFD}\u{FFFD}c\u{FFFD}d")
        #expect(DisplayText.sanitized("one\r\n\ttwo\u{2028}three") == "one two three")
        let printed = JSONPrinter(terminal: .plain).print((["x\u{202E}": "\u{9B}31m"] as JSONValue).text.view)
        #expect(printed == #"{\#n  "x\u202e": "\u009b31m"\#n}"#)
    }

    @Test(arguments: [20, 40, 80, 200])
    func tablesFitTheTerminal(width: Int) {
        let terminal = Terminal(isInteractive: true, width: width, hasColors: false)
        var table = Table(
            [.init(title: "ID", minimum: 12), .init(title: "N", alignment: .right), .init(title: "TEXT", minimum: 20)],
            on: terminal)
        let long = String(repeating: "long words ", count: 30)
        let lines = table.lines([["0123456789abcdef-0123", "1", .init(long)], ["日本", "10,000", "short"]])
        #expect(lines.allSatisfy { DisplayText.width($0) <= width })
        #expect(lines.count == 3)
    }

    @Test func tablesAlignTheirColumns() {
        var table = Table([.init(title: "NAME"), .init(title: "N", alignment: .right), .init(title: "X")], on: .plain)
        let lines = table.lines([["a", "1", "x"], ["日本", "100", ""]])
        #expect(lines == ["NAME    N  X", "a       1  x", "日本  100  "])
        #expect(table.lines([["longer than before", "2", "y"]]) == ["longer than before    2  y"])
    }

    @Test func theWidestColumnGivesWayFirst() {
        let columns: [Table.Column] = [.init(title: "A", minimum: 5), .init(title: "B", minimum: 5)]
        let rows: [[Table.Cell]] = [
            [.init(String(repeating: "a", count: 10)), .init(String(repeating: "b", count: 30))]
        ]
        #expect(Table.fit(columns, rows, into: nil) == [10, 30])
        #expect(Table.fit(columns, rows, into: 32) == [10, 20])
        #expect(Table.fit(columns, rows, into: 20) == [9, 9])
        #expect(Table.fit(columns, rows, into: 6) == [2, 2])
    }

    @Test func coloursOnlyWhereTheyMayBe() {
        #expect(Terminal.plain.paint("x", .red) == "x")
        #expect(Terminal(isInteractive: true, width: 80, hasColors: true).paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    }

    @Test(arguments: [
        (0, "just now"), (1, "1 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3_599, "59 min ago"), (7_200, "2 h ago"),
        (86_400, "1 day ago"), (172_800, "2 days ago"), (2_629_800, "1 month ago"), (31_557_600 * 3, "3 years ago"),
        (-1, "in 1 s"), (-90, "in 1 min"), (-86_400 * 40, "in 1 month"),
    ])
    func relativeTimes(secondsAgo: Int64, words: String) throws {
        let now = try #require(Timestamp(date: "2026-06-15"))
        #expect(RelativeTime.describe(now.advanced(byMicroseconds: -secondsAgo * 1_000_000), now: now) == words)
    }

    @Test(arguments: [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (11_520, "3 h 12 min"), (86_400 * 2, "2 days")])
    func spans(seconds: Int64, words: String) {
        #expect(RelativeTime.span(seconds: seconds) == words)
    }

    @Test func numbers() {
        #expect(
            [0, 999, 1_000, 1_234_567, -1_000].map { Numbers.grouped($0) } == [
                "0", "999", "1,000", "1,234,567", "-1,000",
            ])
        #expect(Numbers.fixed(0.005, digits: 2) == "0.01" && Numbers.fixed(12.3456, digits: 1) == "12.3")
        #expect(Numbers.fixed(-1.5, digits: 2) == "-1.50" && Numbers.fixed(7.6, digits: 0) == "8")
        #expect(Numbers.counted(1, "memory", "memories") == "1 memory")
    }

    @Test func progressStaysOnOneLineAndAwayFromFiles() throws {
        let start = ContinuousClock.now
        var bar = ProgressBar("importing", on: Self.terminal80, now: start)
        let update = bar.update(500, fraction: 0.5, now: start + .seconds(1))
        let drawn = try #require(update)
        #expect(drawn.hasPrefix("\rimporting  █") && drawn.contains("50 %  500  500/s"))
        #expect(DisplayText.width(String(drawn.dropFirst().dropLast(3))) < 80)
        #expect(bar.update(501, fraction: 0.5, now: start + .milliseconds(1_050)) == nil)
        #expect(bar.clear() != nil)
        #expect(bar.clear() == nil)
        var silent = ProgressBar("importing", on: .plain, now: start)
        #expect(silent.update(1, fraction: nil, now: start + .seconds(1)) == nil)
    }

    @Test(arguments: [
        (#"{"n":1,"text":"hello"}"#, "hello"), (#"{"title":"t","summary":"s"}"#, "s"),
        (#"{"text":"","a":[1]}"#, #"{"text":"","a":[1]}"#),
    ])
    func summaries(context: String, line: String) throws {
        #expect(ContextSummary.line(try JSONText(parsing: context)) == line)
    }
}
