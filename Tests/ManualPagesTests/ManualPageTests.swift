import ManualPages
import Testing

@Suite struct ManualPageTests {
    private func page(_ write: (inout ManualPage) -> Void) -> String {
        var page = ManualPage(name: "x-y", section: 1, summary: "sums up", version: "1.2")
        write(&page)
        return page.text.split(separator: "\n").dropFirst(3).joined(separator: "\n")
    }

    @Test("a page begins with its name")
    func beginning() {
        let page = ManualPage(name: "x-y", section: 1, summary: "sums up", version: "1.2")
        #expect(
            page.text == #"""
                .TH "X\-Y" 1 "" "brain\-memoryd 1.2"
                .SH "NAME"
                x\-y \- sums up

                """#)
    }

    @Test("nothing in prose is taken for a macro or an escape")
    func escapes() {
        #expect(page { $0.prose(".TP of the day") } == ".PP\n\\&.TP of the day")
        #expect(page { $0.prose(#"'a \d'"#) } == ".PP\n\\&'a \\ed'")
        #expect(page { $0.heading(#"say "so""#) } == #".SH "say \(dqso\(dq""#)
        #expect(page { $0.item("--a", ".b") } == ".TP\n.B \"\\-\\-a\"\n\\&.b")
    }

    @Test("paragraphs are filled, indented lines and titles are kept")
    func prose() {
        let text = page { $0.prose("one\ntwo\n\nthree\n\nEXAMPLES\n  a b\n    c\nend") }
        #expect(text == ".PP\none\ntwo\n.PP\nthree\n.PP\n.B EXAMPLES\n.PP\n.RS 4\n.nf\na b\n  c\n.fi\n.RE\n.PP\nend")
    }

    static let dump = #"""
        {"serializationVersion": 0, "command": {"commandName": "tool", "abstract": "Does things.", "shouldDisplay": true,
        "arguments": [{"kind": "flag", "shouldDisplay": true, "isOptional": true, "isRepeating": false,
        "names": [{"kind": "long", "name": "help"}]}],
        "subcommands": [
        {"commandName": "run", "abstract": "Runs one.", "shouldDisplay": true, "arguments": [
          {"kind": "positional", "shouldDisplay": true, "isOptional": false, "isRepeating": false, "valueName": "name",
           "abstract": "Which."},
          {"kind": "option", "shouldDisplay": true, "isOptional": true, "isRepeating": true, "valueName": "tag",
           "names": [{"kind": "long", "name": "tag"}], "defaultValue": "a", "abstract": "With."}]},
        {"commandName": "secret", "shouldDisplay": false},
        {"commandName": "help", "shouldDisplay": true}]}}
        """#

    @Test("a program's page has each of its commands and options that are shown")
    func command() throws {
        let page = ManualPage(try CommandHelp(dump: Self.dump), section: 1, version: "1")
        #expect(page.text.contains("tool \\- Does things\n"))
        #expect(page.text.contains(".SS \"run\"\n.PP\ntool run <name> [\\-\\-tag <tag> …]\n.PP\nRuns one.\n"))
        #expect(page.text.contains(".B \"\\-\\-tag <tag> …\"\nWith. (default: a)\n"))
        #expect(!page.text.contains("secret") && !page.text.contains("help"))
    }
}
