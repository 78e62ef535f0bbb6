/// What a mistyped name was probably meant to be.
enum Suggestion {
    /// `; did you mean NAME?`, or nothing when no known name is near.
    static func text(for name: String, among known: [String]) -> String {
        let nearest = known.map { (distance(name, $0), $0) }.min { $0 < $1 }
        guard let (distance, candidate) = nearest, distance <= 3 else { return "" }
        return "; did you mean \(candidate)?"
    }

    /// How many characters must be inserted, deleted or replaced to make one name of the other (Levenshtein 1966).
    private static func distance(_ left: String, _ right: String) -> Int {
        // No known name is longer than this, so a longer one is near to none.
        guard left.utf8.count <= 100 else { return .max }
        var row = Array(0...right.utf8.count)
        for (index, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.utf8.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.utf8.count]
    }
}
