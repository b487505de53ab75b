package jp.yorisoi.testkit.hostile

import jp.yorisoi.core.NewDraft
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.scenario.ScenarioError
import jp.yorisoi.testkit.sharedKit
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue

private const val MILLIS = 60_000L

/** Arguments that make no sense. Whatever they are, there is an answer or an error of the library, and the library lives on. */
class ArgumentsTest {
    @TempDir
    lateinit var folder: File

    private val texts =
        listOf(
            "",
            " ",
            "\u0000",
            "\uD83D",
            "a\uDC00b",
            "\u202Egnirts",
            "あ".repeat(400_000),
            "\" OR NEAR( * AND",
            "'; DROP TABLE operations; --",
            "../../../etc/passwd",
            "%s%n%x",
            "９９９９－９９－９９",
            "9999-12-31",
            "-1-1-1",
            "YRS1:" + "A".repeat(5_000),
            "AAAAAAAAAAAAAAAAAAAAAA",
        ).map(::JsonPrimitive)

    private val numbers =
        listOf(0L, 1L, 255L, 256L, Int.MAX_VALUE.toLong(), 4_294_967_295L, Long.MAX_VALUE, -1L, Int.MIN_VALUE.toLong()).map(
            ::JsonPrimitive,
        ) +
            JsonPrimitive(ULong.MAX_VALUE)

    @Test
    fun `each argument of each call is anything at all`(): Unit = runBlocking {
        sharedKit.inWorld { world ->
            FakePhone(folder, world).use { phone ->
                val client = phone.enrolled(world)
                client.saveDraft(NewDraft(null, Service.PEDIATRICS, Subject.Parent, null, "夜中に咳きこみます。"))
                var made = 0
                for (call in EVERY_CALL.filterNot { it.name == "suspend" || it.name == "erase" }) {
                    for (arguments in spoilt(call.arguments)) if (makes(call.with(arguments), client)) made++
                }
                assertTrue(made > 500, "only $made calls were made")
                assertEquals(1uL, client.drafts(null, 500u).drafts.count { it.text == "夜中に咳きこみます。" }.toULong())
                assertIs<SyncEnd.CaughtUp>(client.sync().ended)
            }
        }
    }

    @Test
    fun `an app opens the library with anything at all`(): Unit = runBlocking {
        sharedKit.inWorld { world ->
            FakePhone(folder, world).use { phone ->
                val usual = phone.config
                val bytes = listOf(ByteArray(0), ByteArray(1), ByteArray(100_000) { it.toByte() }, usual.manifest!!.copyOf(100))
                val wrong = texts.map { it.content }
                val configs =
                    wrong.map { usual.copy(directory = it) } + wrong.map { usual.copy(directory = inTheFolder(it)) } +
                        wrong.map { usual.copy(server = it) } + wrong.map { usual.copy(server = "http://127.0.0.1:$it") } +
                        wrong.map { usual.copy(roots = listOf(it, it)) } + wrong.map { usual.copy(roots = List(3) { _ -> it }) } +
                        bytes.map { usual.copy(manifest = it) } + bytes.map { usual.copy(authorities = listOf(it)) }
                for (config in configs) {
                    try {
                        withTimeout(MILLIS) { phone.open(config) }
                    } catch (_: YorisoiException) {
                        // What it is there for.
                    }
                }
                assertEquals(world.now, phone.open(usual).time().now)
            }
        }
    }

    /** Whether the call could be made with it at all: what is no date or service cannot be said in Kotlin. */
    private suspend fun makes(call: ReadyCall, client: YorisoiClient): Boolean {
        try {
            withTimeout(MILLIS) { call.make(client) }
        } catch (_: YorisoiException) {
            // What it is there for.
        } catch (_: ScenarioError) {
            return false
        } catch (other: Throwable) {
            throw AssertionError("$call: $other", other)
        }
        return true
    }

    /** The same arguments with one of them spoilt. */
    private fun spoilt(json: JsonElement, name: String = ""): List<JsonElement> = when (json) {
        is JsonObject -> json.flatMap { (member, value) -> spoilt(value, member).map { JsonObject(json + (member to it)) } }
        is JsonArray -> json.indices.flatMap { at -> spoilt(json[at]).map { JsonArray(json.toMutableList().apply { set(at, it) }) } }
        is JsonNull -> texts + numbers
        is JsonPrimitive -> if (json.isString) texts.map { inTheFolder(name, it) } else numbers
    }

    /** What is written stays in this test's own folder. */
    private fun inTheFolder(name: String, text: JsonPrimitive) = if (name == "path") JsonPrimitive(inTheFolder(text.content)) else text

    private fun inTheFolder(text: String) = "$folder/${text.replace("..", "…")}"
}
