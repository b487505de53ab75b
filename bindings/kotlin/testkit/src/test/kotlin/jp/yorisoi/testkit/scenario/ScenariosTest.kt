package jp.yorisoi.testkit.scenario

import jp.yorisoi.testkit.sharedKit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals

/** The scenarios that Rust and Swift play too. */
class ScenariosTest {
    @TempDir
    lateinit var folder: File

    private val exercised = Exercised()

    private fun play(scenario: Scenario, folder: File) = runBlocking {
        val player = ScenarioPlayer(sharedKit, folder, exercised)
        try {
            player.play(scenario)
        } finally {
            player.end()
        }
    }

    @TestFactory
    fun scenarios(): List<DynamicTest> {
        val files = File("../../../sandbox/scenarios").listFiles { file -> file.extension == "json" }.orEmpty().sorted()
        assertNotEquals(0, files.size)
        return files.map { file ->
            dynamicTest(file.nameWithoutExtension) { play(Scenario.read(file), folder.resolve(file.nameWithoutExtension)) }
        }
    }

    @Test
    fun `what does not go as it is written names step, expected and found`() {
        val world = """{"kit": "world", "with": {"now": "2021-10-01T03:12:00+09:00"}}"""
        val open = """{"phone": "mother", "os": "open"}"""
        val wrong =
            mapOf(
                """{"phone": "mother", "call": "loss_mode", "expect": true}""" to listOf("step 3", "is false, not true"),
                """{"phone": "mother", "call": "loss_mode", "error": {"kind": "key"}}""" to listOf("expected the error", "found false"),
                """{"phone": "mother", "call": "search", "with": {"words": "あ"}}""" to listOf("failed", "search_too_short"),
                """{"phone": "mother", "call": "search", "with": {"words": "あ"}, "error": {"kind": "key"}}""" to
                    listOf("is \"input\", not \"key\""),
                """{"phone": "mother", "call": "search", "with": {"word": "あ"}}""" to listOf("no argument `words`"),
                """{"phone": "mother", "call": "loss_mode", "with": {"on": true}}""" to listOf("takes no [on]"),
                """{"phone": "mother", "call": "fly"}""" to listOf("no call `fly`"),
                """{"phone": "mother", "os": "fly"}""" to listOf("knows no `fly`"),
                """{"kit": "fly"}""" to listOf("fly"),
                """{"phone": "mother", "os": "file", "with": {"path": "{card.code}"}}""" to listOf("nothing was saved as `card`"),
                """{"phone": "mother", "call": "stop", "session": "live"}""" to listOf("no session `live`"),
            )
        for ((number, case) in wrong.entries.withIndex()) {
            val (step, words) = case
            val scenario = Scenario.read("""{"name": "n", "journeys": [], "steps": [$world, $open, $step]}""")
            val error = assertFailsWith<ScenarioError>(step) { play(scenario, folder.resolve("wrong-$number")) }
            for (word in words + "step 3") assertContains(error.message!!, word)
        }
    }
}
