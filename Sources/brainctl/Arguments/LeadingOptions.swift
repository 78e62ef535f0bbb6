/// Lets the options of every command also stand before its name: `brainctl --socket PATH query` is
/// `brainctl query --socket PATH`.
enum LeadingOptions {
    /// Those of ``ConnectionOptions`` that take a value.
    private static let valued: Set<String> = ["--socket", "--deadline-ms"]

    /// Those that take none.
    private static let flags: Set<String> = ["--json"]

    /// `arguments` with the options before the command's name moved behind it. What is none of them stays where it is,
    /// for the parser to judge.
    static func moved(behindCommandIn arguments: [String]) -> [String] {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            if flags.contains(argument) || valued.contains(where: { argument.hasPrefix($0 + "=") }) {
                index += 1
            } else if valued.contains(argument), index + 1 < arguments.count {
                index += 2
            } else {
                break
            }
        }
        guard index > 0, index < arguments.count, !arguments[index].hasPrefix("-") else { return arguments }
        return [arguments[index]] + arguments[..<index] + arguments[(index + 1)...]
    }
}
