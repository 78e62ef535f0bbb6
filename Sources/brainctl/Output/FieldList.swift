/// Names and values under each other.
enum FieldList {
    /// One line for each field, the values aligned.
    static func lines(_ fields: [(name: String, value: String)], on terminal: Terminal) -> [String] {
        let width = fields.map { DisplayText.width($0.name) }.max() ?? 0
        return fields.map { field in
            let padding = String(repeating: " ", count: width - DisplayText.width(field.name) + 2)
            return terminal.paint(field.name, .dim) + padding + field.value
        }
    }
}
