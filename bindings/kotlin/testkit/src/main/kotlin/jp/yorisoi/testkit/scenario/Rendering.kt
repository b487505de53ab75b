package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.YorisoiException
import jp.yorisoi.core.details
import jp.yorisoi.testkit.momentText
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import java.time.Instant
import java.util.Base64
import kotlin.reflect.KClass
import kotlin.reflect.KProperty1
import kotlin.reflect.full.memberProperties
import kotlin.reflect.full.primaryConstructor

/** Turns what the library gives into the JSON of scenarios, and notes the variants that are in it. */
internal class Rendering(private val exercised: Exercised) {
    fun json(value: Any?): JsonElement = when (value) {
        null, Unit -> JsonNull
        is String -> JsonPrimitive(value)
        is Boolean -> JsonPrimitive(value)
        is Number -> JsonPrimitive(value)
        is UByte, is UShort, is UInt, is ULong -> number(value)
        is Instant -> JsonPrimitive(momentText(value))
        is ByteArray -> JsonPrimitive(Base64.getEncoder().encodeToString(value))
        is List<*> -> JsonArray(value.map(::json))
        is Map<*, *> -> JsonObject(value.entries.associate { (name, member) -> name as String to json(member) })
        is Enum<*> -> JsonPrimitive(variant(value.declaringJavaClass.kotlin, value.name))
        else -> fieldsOrVariant(value)
    }

    /** An error of the library. */
    fun error(error: YorisoiException): JsonObject {
        val kind = snakeCase(error::class.simpleName!!)
        exercised.error(kind)
        return buildJsonObject {
            put("kind", JsonPrimitive(kind))
            put("code", JsonPrimitive(error.details.code))
            put("retryable", JsonPrimitive(error.details.retryable))
            put("words", json(error.details.words))
            if (error is YorisoiException.Card) put("groups", json(error.groups))
        }
    }

    private fun fieldsOrVariant(value: Any): JsonElement {
        val type = value::class
        val sum = sumOf(type)
        return when {
            sum == null && type.isData -> fields(value)
            sum == null -> error("$type is nothing that crosses the border")
            type.objectInstance != null -> JsonPrimitive(variant(sum, type.simpleName!!))
            else -> JsonObject(mapOf(variant(sum, type.simpleName!!) to fields(value)))
        }
    }

    private fun fields(value: Any): JsonObject {
        val properties = value::class.memberProperties.associateBy { it.name }
        return buildJsonObject {
            for (parameter in value::class.primaryConstructor!!.parameters) {
                @Suppress("UNCHECKED_CAST")
                val property = properties.getValue(parameter.name!!) as KProperty1<Any, *>
                put(snakeCase(property.name), json(property.get(value)))
            }
        }
    }

    private fun variant(type: KClass<*>, name: String): String = snakeCase(name).also { exercised.variant(type.simpleName!!, it) }

    private fun number(value: Any) = JsonPrimitive(value.toString().toULong().toLong().also { check(it >= 0) })

    companion object {
        /** The sealed class that a variant belongs to. */
        fun sumOf(type: KClass<*>): KClass<*>? = type.java.superclass?.kotlin?.takeIf { it.isSealed }
    }
}
