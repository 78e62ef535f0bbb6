/// Rows in aligned columns, cut to fit the terminal.
struct Table {
    /// One column.
    struct Column {
        enum Alignment { case left, right }

        let title: String
        var alignment = Alignment.left

        /// How far it may be cut, in cells. A column narrower than this is never cut.
        var minimum = 6
    }

    /// One cell's text and how it is set off.
    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let style: Style?

        init(_ text: String, _ style: Style? = nil) {
            self.text = DisplayText.sanitized(text)
            self.style = style
        }

        init(stringLiteral value: String) {
            self.init(value)
        }
    }

    private static let gap = 2

    private let columns: [Column]
    private let terminal: Terminal
    private var widths: [Int]?

    init(_ columns: [Column], on terminal: Terminal) {
        self.columns = columns
        self.terminal = terminal
    }

    /// The rows as lines. The first call fits the columns to its rows and writes the titles; later ones, for further
    /// pages, keep to that.
    mutating func lines(_ rows: [[Cell]]) -> [String] {
        var lines: [String] = []
        if widths == nil {
            widths = Self.fit(columns, rows, into: terminal.width)
            lines.append(line(columns.map { Cell($0.title, .bold) }))
        }
        return lines + rows.map(line)
    }

    private func line(_ cells: [Cell]) -> String {
        var text = ""
        for (index, (column, cell)) in zip(columns, cells).enumerated() {
            let width = widths?[index] ?? 0
            let cut = terminal.width == nil ? cell.text : DisplayText.cut(cell.text, to: width)
            let padding = String(repeating: " ", count: max(0, width - DisplayText.width(cut)))
            let painted = terminal.paint(cut, cell.style)
            let isLast = index == columns.count - 1
            switch column.alignment {
            case .left: text += isLast ? painted : painted + padding
            case .right: text += padding + painted
            }
            if !isLast { text += String(repeating: " ", count: Self.gap) }
        }
        return text
    }

    /// How wide each column is: as its longest cell, and if that does not fit, the widest give way first.
    static func fit(_ columns: [Column], _ rows: [[Cell]], into total: Int?) -> [Int] {
        var widths = columns.map { DisplayText.width($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], DisplayText.width(cell.text)) }
        }
        guard let total else { return widths }
        var excess = widths.reduce(0, +) + gap * (columns.count - 1) - total
        for floor in [columns.map(\.minimum), columns.map { _ in 1 }] {
            while excess > 0,
                let widest = widths.indices.filter({ widths[$0] > floor[$0] }).max(by: { widths[$0] < widths[$1] })
            {
                widths[widest] -= 1
                excess -= 1
            }
        }
        return widths
    }
}
