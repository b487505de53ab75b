package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.YorisoiClient
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.reflect.KVisibility
import kotlin.reflect.full.declaredMemberFunctions
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** What every class made by the generator has beside its calls. */
private val OF_THE_GENERATOR = setOf("destroy", "close", "uniffi_clone_handle", "call_with_handle")

/** Scenarios as they are written, and the calls they can make. */
class ScenarioTest {
    private fun read(steps: String) = Scenario.read("""{"name": "n", "journeys": [1], "steps": [$steps]}""")

    @Test
    fun `a step says who does what`() {
        val steps =
            read(
                """{"kit": "world"}, {"phone": "mother", "os": "open"},
                   {"phone": "mother", "call": "time", "with": {"a": null}, "expect": null, "save": "t"}""",
            ).steps
        assertEquals(listOf(Actor.KIT, Actor.OS, Actor.CALL), steps.map { it.actor })
        assertEquals(listOf("world", "open", "time"), steps.map { it.verb })
        assertEquals("t", steps.last().save)
        assertTrue(steps.last().expect != null && steps.first().expect == null)
    }

    @Test
    fun `what nobody understands is an error`() {
        for (
        wrong in listOf(
            "",
            """{"phone": "mother"}""",
            """{"kit": "world", "call": "time"}""",
            """{"kit": "world", "phone": "mother"}""",
            """{"os": "open"}""",
            """{"kit": "world", "expects": null}""",
            """{"phone": "m", "call": "time", "expect": null, "error": {}}""",
            """{"kit": "world", "with": []}""",
        )
        ) {
            assertFailsWith<ScenarioError>(wrong) { read(wrong) }
        }
        assertFailsWith<ScenarioError> { Scenario.read("""{"name": "n", "step": []}""") }
    }

    @Test
    fun `every call of the library can be made`() {
        val calls =
            YorisoiClient::class
                .declaredMemberFunctions
                .filter { it.visibility == KVisibility.PUBLIC }
                .map { snakeCase(it.name) }
                .toSet() - OF_THE_GENERATOR
        assertEquals(calls, CLIENT_CALLS.keys)
    }

    @Test
    fun `an argument too many and one too few are errors`() {
        val reading = Reading(Exercised(file = null))
        val arguments = Arguments(JsonObject(mapOf("typed" to JsonPrimitive("a"), "type" to JsonPrimitive("b"))), reading)
        assertEquals("a", arguments.arg<String>("typed"))
        assertEquals(null, arguments.arg<UInt?>("before"))
        assertFailsWith<ScenarioError> { arguments.arg<UInt>("most") }
        assertFailsWith<ScenarioError> { arguments.allRead() }
    }
}
