import Testing
import YorisoiTestKit

/// What counts as expected, and what a mismatch says.
@Suite struct MatchTests {
    @Test(
        "what matches",
        arguments: [
            ("*", 1), ("*", []), (nil, nil), (1, 1), ("a", "a"), (1, 1.0), (2.0, 2),
            ([:], ["a": 1]), (["a": "*"], ["a": false, "b": nil]), (["a": ["b": 1]], ["a": ["b": 1, "c": 2]]),
            ([["a": 1], "*"], [["a": 1, "b": 2], 3]), ([], []), (["a": nil], ["a": nil]),
        ] as [(JSON, JSON)])
    func same(expected: JSON, came: JSON) {
        #expect(mismatch(expected: expected, came: came) == nil)
    }

    @Test(
        "what does not, and where",
        arguments: [
            ("*", nil, "the result is null"),
            (1, 2, "the result is 2, not 1"),
            (1, "1", "the result is \"1\", not 1"),
            (false, nil, "the result is null, not false"),
            (0, false, "the result is false, not 0"),
            (["a": 1], [:], "there is no a"),
            (["a": ["b": 1]], ["a": ["c": 1]], "there is no a.b"),
            (["a": nil], [:], "there is no a"),
            (["a": [["b": 1]]], ["a": [["b": 2]]], "a.0.b is 2, not 1"),
            ([1], [1, 2], "the result has 2 elements, not 1"),
            (["a": []], ["a": [1]], "a has 1 elements, not 0"),
            ([:], [], "the result is [], not {}"),
        ] as [(JSON, JSON, String)])
    func other(expected: JSON, came: JSON, words: String) {
        #expect(mismatch(expected: expected, came: came) == words)
    }
}
