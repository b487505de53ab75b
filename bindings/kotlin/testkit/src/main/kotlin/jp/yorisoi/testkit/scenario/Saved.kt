package jp.yorisoi.testkit.scenario

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

private val REFERENCE = Regex("""\{([a-z][a-z0-9_.]*)}""")

/** What a scenario kept under a name. */
internal class Saved {
    private val values = mutableMapOf<String, JsonElement>()

    operator fun set(name: String, value: JsonElement) {
        values[name] = value
    }

    /** The same with each string that is wholly `{name}` or `{name.field.0}` replaced by what was saved, with its type. */
    fun filledIn(json: JsonElement): JsonElement = when (json) {
        is JsonObject -> JsonObject(json.mapValues { (_, member) -> filledIn(member) })
        is JsonArray -> JsonArray(json.map(::filledIn))
        is JsonPrimitive -> {
            val path = if (json.isString) REFERENCE.matchEntire(json.content)?.groupValues?.get(1) else null
            path?.let(::found) ?: json
        }
    }

    private fun found(path: String): JsonElement {
        val steps = path.split('.')
        val start = values[steps.first()] ?: throw ScenarioError("nothing was saved as `${steps.first()}`")
        return steps.drop(1).fold(start) { value, step ->
            when (value) {
                is JsonObject -> value[step]
                is JsonArray -> step.toIntOrNull()?.let(value::getOrNull)
                is JsonPrimitive -> null
            } ?: throw ScenarioError("`$path`: there is no `$step` in $value")
        }
    }
}
