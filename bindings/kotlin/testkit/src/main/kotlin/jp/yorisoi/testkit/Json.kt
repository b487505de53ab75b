package jp.yorisoi.testkit

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter

private val MOMENT = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC)

/** A moment as it stands in JSON: UTC, always with milliseconds. */
internal fun momentText(moment: Instant): String = MOMENT.format(moment)

internal fun JsonElement.members(): JsonObject = this as? JsonObject ?: throw KitException("not an object: $this")

internal fun JsonElement.elements(): JsonArray = this as? JsonArray ?: throw KitException("not a list: $this")

internal fun JsonObject.elements(name: String): JsonArray = member(name).elements()

internal fun JsonObject.text(name: String): String {
    val value = member(name) as? JsonPrimitive
    return value?.content?.takeIf { value.isString } ?: throw KitException("`$name` is no text in $this")
}

internal fun JsonObject.number(name: String): Long =
    (member(name) as? JsonPrimitive)?.content?.toLongOrNull() ?: throw KitException("`$name` is no number in $this")

private fun JsonObject.member(name: String): JsonElement = get(name) ?: throw KitException("no `$name` in $this")
