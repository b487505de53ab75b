package jp.yorisoi.testkit.scenario

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

private val ANYTHING = JsonPrimitive("*")

/**
 * Where [came] is not what was [expected], or null where it is. An object is compared by the members that are expected, a list
 * element by element, `"*"` is anything but null, everything else is equal or not.
 */
internal fun difference(expected: JsonElement, came: JsonElement, at: String = "it"): String? = when {
    expected == ANYTHING -> "$at is null".takeIf { came is JsonNull }
    expected is JsonObject && came is JsonObject ->
        expected.entries.firstNotNullOfOrNull { (name, member) ->
            difference(member, came[name] ?: return@firstNotNullOfOrNull "$at has no `$name`", "$at.$name")
        }
    expected is JsonArray && came is JsonArray ->
        if (expected.size != came.size) {
            "$at has ${came.size} elements, not ${expected.size}"
        } else {
            expected.indices.firstNotNullOfOrNull { difference(expected[it], came[it], "$at.$it") }
        }
    same(expected, came) -> null
    else -> "$at is $came, not $expected"
}

private fun same(expected: JsonElement, came: JsonElement): Boolean = when {
    expected !is JsonPrimitive || came !is JsonPrimitive -> expected == came
    expected is JsonNull || came is JsonNull -> expected is JsonNull && came is JsonNull
    expected.isString != came.isString -> false
    else -> expected.content == came.content
}
