package jp.yorisoi.testkit.scenario

import kotlinx.serialization.json.Json
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

/** What is expected against what came, and what was saved. */
class MatchingTest {
    private fun json(text: String) = Json.parseToJsonElement(text)

    private fun difference(expected: String, came: String) = difference(json(expected), json(came))

    @Test
    fun `an object is compared by what is expected of it`() {
        assertNull(difference("""{"a": 1, "b": {"c": null}}""", """{"a": 1, "b": {"c": null, "d": 2}, "e": 3}"""))
        assertEquals("it.b.c is 2, not null", difference("""{"b": {"c": null}}""", """{"b": {"c": 2}}"""))
        assertEquals("it has no `b`", difference("""{"b": null}""", """{"a": 1}"""))
        assertEquals("""it is "a", not {}""", difference("{}", "\"a\""))
    }

    @Test
    fun `a list is compared element by element`() {
        assertNull(difference("""[{"a": 1}, "*"]""", """[{"a": 1, "b": 2}, false]"""))
        assertEquals("it has 2 elements, not 1", difference("[1]", "[1, 2]"))
        assertEquals("it.1 is 3, not 2", difference("[1, 2]", "[1, 3]"))
        assertEquals("it has 1 elements, not 0", difference("[]", "[1]"))
    }

    @Test
    fun `a star is anything but null`() {
        assertNull(difference("\"*\"", "0"))
        assertNull(difference("\"*\"", "{}"))
        assertEquals("it is null", difference("\"*\"", "null"))
    }

    @Test
    fun `a text is no number and null is nothing else`() {
        assertNull(difference("null", "null"))
        assertEquals("""it is "1", not 1""", difference("1", "\"1\""))
        assertEquals("""it is "null", not null""", difference("null", "\"null\""))
        assertEquals("it is false, not true", difference("true", "false"))
    }

    @Test
    fun `what was saved is filled in with its type`() {
        val saved = Saved()
        saved["card"] = json("""{"code": "A", "numbers": [1, {"x": null}]}""")
        saved["question"] = json("\"id\"")
        assertEquals(
            json("""{"a": "A", "b": ["id", 1, {"x": null}], "c": "{card.code} more", "d": "{}"}"""),
            saved.filledIn(
                json(
                    """{"a": "{card.code}", "b": ["{question}", "{card.numbers.0}", "{card.numbers.1}"], "c": "{card.code} more", "d": "{}"}""",
                ),
            ),
        )
    }

    @Test
    fun `what was never saved is an error`() {
        val saved = Saved()
        saved["card"] = json("""{"code": "A", "list": []}""")
        for (path in listOf("{cart}", "{card.number}", "{card.code.0}", "{card.list.0}")) {
            assertFailsWith<ScenarioError>(path) { saved.filledIn(json("\"$path\"")) }
        }
    }
}
