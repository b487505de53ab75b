package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.ClockReading
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.KeyState
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import java.io.File
import java.time.Duration
import java.time.OffsetDateTime
import java.util.Base64

private const val HEAD_BYTES = 16

/** What a phone's system does in a scenario. */
internal class PhoneSteps(private val phone: FakePhone, private val rendering: Rendering, private val exercised: Exercised) {
    private var keysAsked = 0
    private var clockRead = 0

    suspend fun run(verb: String, with: JsonObject): JsonElement = when (verb) {
        "open" -> open(with)
        // A process that is killed says nothing to the library either: all that is left is to let it go.
        "close", "kill" -> nothing(with) { phone.close() }
        "damage" -> nothing(with) { phone.damage() }
        "keys" -> keys(with)
        "clock" -> clock(with)
        "write_file" -> writeFile(with)
        "new_path" -> newPath(with)
        "file" -> file(with)
        "heard" -> heard(with)
        else -> throw ScenarioError("a phone's system knows no `$verb`")
    }

    private suspend fun open(with: JsonObject): JsonElement {
        with.allow(setOf("server", "roots", "manifest", "as"))
        val usual = phone.config
        val config =
            ClientConfig(
                directory = usual.directory,
                server = with.string("server") ?: usual.server,
                roots = (with["roots"] as? JsonArray)?.map { (it as JsonPrimitive).content } ?: usual.roots,
                manifest =
                when (val manifest = with.string("manifest")) {
                    null -> usual.manifest
                    "none" -> null
                    else -> bytes(manifest)
                },
            )
        try {
            when (val how = with.string("as")) {
                null -> phone.open(config).also { exercised.call("open") }
                "start_over" -> phone.startOver(config).also { exercised.call("start_over") }
                else -> throw ScenarioError("the library does not open as `$how`")
            }
        } finally {
            noteCallbacks()
        }
        return JsonNull
    }

    /** Which of the phone's objects the library called, and which of their errors it met. */
    fun noteCallbacks() {
        if (phone.keys.loads > 0) exercised.callback("KeyStore.load")
        if (phone.keys.saves > 0) exercised.callback("KeyStore.save")
        if (phone.clock.reads > 0) exercised.callback("Clock.read")
        val asked = phone.keys.loads + phone.keys.saves
        if (asked > keysAsked && phone.keys.state == KeyState.LOCKED) exercised.variant("KeyStoreFailure", "locked")
        if (asked > keysAsked && phone.keys.state == KeyState.FAILING) exercised.variant("KeyStoreFailure", "failing")
        if (phone.clock.reads > clockRead && phone.clock.throws) exercised.variant("HostFailure", "threw")
        keysAsked = asked
        clockRead = phone.clock.reads
    }

    private fun keys(with: JsonObject): JsonElement {
        with.allow(setOf("state"))
        val state = with.string("state") ?: throw ScenarioError("which state? $with")
        phone.keys.state =
            KeyState.entries.firstOrNull { snakeCase(it.name) == state } ?: throw ScenarioError("a key store is never `$state`")
        return JsonNull
    }

    private fun clock(with: JsonObject): JsonElement {
        with.allow(setOf("now", "since_boot_millis", "boot", "trusted", "throws"))
        val before = phone.clock.reading
        val now = with.string("now")?.let { OffsetDateTime.parse(it).toInstant() } ?: before.wall
        // A phone that is on counts on with the clock on its wall, if nothing else is said.
        val sinceBoot = before.sinceBootMillis + Duration.between(before.wall, now).toMillis()
        phone.clock.reading =
            ClockReading(
                wall = now,
                sinceBootMillis = with.given("since_boot_millis")?.content?.toLong() ?: maxOf(sinceBoot, 0),
                boot = with.string("boot") ?: before.boot,
                trusted = with.string("trusted")?.let { OffsetDateTime.parse(it).toInstant() },
            )
        phone.clock.throws = with.given("throws")?.content.toBoolean()
        return JsonNull
    }

    private fun writeFile(with: JsonObject): JsonElement {
        with.allow(setOf("name", "base64"))
        val file = phone.newPath(name(with))
        file.writeBytes(bytes(with.string("base64") ?: throw ScenarioError("no base64: $with")))
        return JsonPrimitive(file.path)
    }

    private fun newPath(with: JsonObject): JsonElement {
        with.allow(setOf("name"))
        return JsonPrimitive(phone.newPath(name(with)).path)
    }

    private fun file(with: JsonObject): JsonElement {
        with.allow(setOf("path"))
        val file = File(with.string("path") ?: throw ScenarioError("which path? $with"))
        if (!file.exists()) return JsonNull
        val head = file.inputStream().use { it.readNBytes(HEAD_BYTES) }
        return buildJsonObject {
            put("bytes", JsonPrimitive(file.length()))
            put("head", JsonPrimitive(head.joinToString("") { "%02x".format(it) }))
        }
    }

    private suspend fun heard(with: JsonObject): JsonElement {
        with.allow(setOf("notice"))
        val sought = with["notice"] ?: throw ScenarioError("which notice? $with")
        val notice = phone.heard { difference(sought, rendering.json(it)) == null }
        exercised.callback("Notices.changed")
        return rendering.json(notice)
    }

    private inline fun nothing(with: JsonObject, act: () -> Unit): JsonElement {
        with.allow(emptySet())
        act()
        return JsonNull
    }

    private fun name(with: JsonObject) = with.string("name") ?: throw ScenarioError("which name? $with")

    private fun bytes(base64: String): ByteArray = Base64.getDecoder().decode(base64)
}
