package jp.yorisoi.testkit.scenario

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.io.File

/** A scenario that cannot be played as it is written, or that came out otherwise; the message names step, expected and found. */
public class ScenarioError(message: String, cause: Throwable? = null) : AssertionError(message, cause)

/** A story told in steps, the same for all languages: see `sandbox/scenarios/README.md`. */
public class Scenario internal constructor(
    /** What it tells. */
    public val name: String,
    internal val steps: List<Step>,
    /** Where it stands, for messages. */
    internal val place: String,
) {
    /** Reading one. */
    public companion object {
        private val MEMBERS = setOf("name", "journeys", "steps")

        /** Reads the scenario in a file. [ScenarioError] where it is none. */
        public fun read(file: File): Scenario = read(file.readText(), file.name)

        internal fun read(text: String, place: String = "a scenario"): Scenario {
            val json = Json.parseToJsonElement(text) as JsonObject
            json.allow(MEMBERS)
            val steps = json["steps"] as? JsonArray ?: throw ScenarioError("no steps")
            if (steps.isEmpty()) throw ScenarioError("no steps")
            val name = json.string("name") ?: throw ScenarioError("no name")
            return Scenario(name, steps.map { Step.read(it as JsonObject) }, place)
        }
    }
}

/** What acts in a step. */
internal enum class Actor { KIT, OS, CALL }

/** One step: who does what, with what, and what is to come of it. */
internal class Step(
    val actor: Actor,
    val verb: String,
    val phone: String?,
    val session: String?,
    val with: JsonObject,
    val save: String?,
    val expect: JsonElement?,
    val error: JsonObject?,
    private val text: String,
) {
    override fun toString() = text

    companion object {
        private val MEMBERS = setOf("phone", "session", "with", "save", "expect", "error")

        fun read(json: JsonObject): Step {
            val actors = Actor.entries.filter { it.name.lowercase() in json }
            val actor = actors.singleOrNull() ?: throw ScenarioError("one of kit, os and call: $json")
            json.allow(MEMBERS + actor.name.lowercase())
            if ("expect" in json && "error" in json) throw ScenarioError("expect or error, not both: $json")
            val phone = json.string("phone")
            if (phone == null && actor == Actor.OS) throw ScenarioError("which phone? $json")
            if (phone != null && actor == Actor.KIT) throw ScenarioError("the kit knows no phone: $json")
            return Step(
                actor = actor,
                verb = json.string(actor.name.lowercase()) ?: throw ScenarioError("what to do? $json"),
                phone = phone,
                session = json.string("session"),
                with = json.fields("with") ?: JsonObject(emptyMap()),
                save = json.string("save"),
                expect = json["expect"],
                error = json.fields("error"),
                text = json.toString(),
            )
        }
    }
}

internal fun JsonObject.allow(names: Set<String>) {
    val strangers = keys - names
    if (strangers.isNotEmpty()) throw ScenarioError("nobody knows $strangers in $this")
}

/** A member that is a text; null where there is none. */
internal fun JsonObject.string(name: String): String? {
    val member = get(name) ?: return null
    return (member as? JsonPrimitive)?.takeIf { it.isString }?.content ?: throw ScenarioError("`$name` is no text in $this")
}

/** A member that is an object; null where there is none. */
internal fun JsonObject.fields(name: String): JsonObject? {
    val member = get(name) ?: return null
    return member as? JsonObject ?: throw ScenarioError("`$name` is no object in $this")
}

/** A member that is neither absent nor null. */
internal fun JsonObject.given(name: String): JsonPrimitive? = get(name)?.takeUnless { it is JsonNull } as JsonPrimitive?
