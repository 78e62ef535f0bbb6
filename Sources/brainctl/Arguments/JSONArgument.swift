import BrainClient

/// JSON as it is typed on the command line.
enum JSONArgument {
    /// The JSON object in `text`. Throws `Failure` as a usage error that names the `option`.
    static func object(_ text: String, option: String) throws(Failure) -> JSONText {
        let json = try parse(text, option: option)
        guard json.view.kind == .object else {
            throw .usage("\(option) must be a JSON object, got \(json.view.kind.phrase)")
        }
        return json
    }

    /// The numbers of the JSON array in `text`.
    static func numbers(_ text: String, option: String) throws(Failure) -> [Float] {
        let view = try parse(text, option: option).view
        let numbers = view.elements.compactMap(\.double)
        guard view.kind == .array, numbers.count == view.elements.reduce(0, { count, _ in count + 1 }) else {
            throw .usage("\(option) must be a JSON array of numbers, such as [0.25, -1]")
        }
        return numbers.map { Float($0) }
    }

    private static func parse(_ text: String, option: String) throws(Failure) -> JSONText {
        do throws(JSONSyntaxError) {
            return try JSONText(parsing: text)
        } catch {
            throw .usage("\(option) is not valid JSON: \(error)")
        }
    }
}
