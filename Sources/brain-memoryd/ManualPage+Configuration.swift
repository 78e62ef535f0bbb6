import DaemonConfiguration
import ManualPages
import MemoryModel

extension ManualPage {
    /// brain-memoryd.yaml(5): every key, from the table.
    static func configuration() -> ManualPage {
        var page = ManualPage(
            name: "brain-memoryd.yaml", section: 5, summary: "configuration of brain-memoryd",
            version: ProductVersion.current)
        page.heading("DESCRIPTION")
        page.prose(
            """
            The daemon reads this file where --config says, /etc/brain-memoryd/brain-memoryd.yaml as a service. Each line \
            is a key and its value; keys may also be nested:
              log.level: debug
              log:
                level: debug

            Each key is also an environment variable and a flag. Flags win over the environment, the environment over \
            credentials that systemd hands over (see postgres.url), these over the file, and the file over the defaults. \
            An unknown key, a key given twice or a value that is not allowed keeps the daemon from starting: exit status 78.

            Keys that are reloadable change with systemctl reload brain-memoryd, the others with a restart.

            EXAMPLES
              brain-memoryd --config FILE --check-config
              brain-memoryd --config FILE --dump-config
            """)
        page.heading("KEYS")
        for key in ConfigurationKeys.all { page.item(key.name, detail(key)) }
        page.seeAlso(["brain-memoryd(8)", "brainctl(1)"])
        return page
    }

    private static func detail(_ key: ConfigurationKey) -> String {
        var facts = [
            "Type: \(key.typeDescription)" + (key.unit.map { ", in \($0)" } ?? "") + ".",
            "Allowed: \(key.allowedDescription).",
            "Default: \(key.defaultText.isEmpty ? "empty" : key.defaultText).",
        ]
        if key.isReloadable { facts.append("Reloadable.") }
        let names = "Flag \(key.flag), variable \(key.environmentVariable)."
        // Prose is a paragraph each; a line that is kept as it is belongs to those around it.
        var text = ""
        for paragraph in key.documentation {
            let isLiteral = paragraph.first == " "
            text += (text.isEmpty ? "" : isLiteral ? "\n" : "\n\n") + paragraph
        }
        return text + "\n\n" + facts.joined(separator: " ") + "\n" + names
    }
}
