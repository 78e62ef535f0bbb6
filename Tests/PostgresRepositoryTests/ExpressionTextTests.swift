import Testing

@testable import PostgresRepository

@Suite("Expressions of constraints")
struct ExpressionTextTests {
    @Test(
        "a chain that a dump has made flat is the same, another condition is not",
        arguments: [
            (
                "CHECK ((((a >= 1) AND (a <= 9)) AND (b ~ '(x'::text)))",
                "CHECK (((a >= 1) AND (a <= 9) AND (b ~ '(x'::text)))", true
            ),
            ("CHECK (((a) OR ((b) OR (f(c)))))", "CHECK (((a) OR (b) OR (f(c))))", true),
            ("CHECK (((a) AND ((b) OR (c))))", "CHECK ((((a) AND (b)) OR (c)))", false),
            ("CHECK (((a) AND (b)))", "CHECK (((a) AND (c)))", false),
            ("body 'it''s ) AND (", "body 'it''s ) AND (", true),
            ("a ) b", "a  b", false),
        ])
    func flattened(one: String, other: String, isSame: Bool) {
        #expect((ExpressionText.flattened(one) == ExpressionText.flattened(other)) == isSame)
    }
}
