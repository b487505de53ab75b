package jp.yorisoi.testkit.scenario

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.time.Instant
import java.util.Base64
import kotlin.reflect.KClass
import kotlin.reflect.KType
import kotlin.reflect.full.primaryConstructor

/** Turns the JSON of scenarios into what the library takes, and notes the variants that are in it. */
internal class Reading(private val exercised: Exercised) {
    fun value(json: JsonElement, type: KType): Any? {
        val kind = type.classifier as KClass<*>
        return when {
            json is JsonNull && type.isMarkedNullable -> null
            kind == List::class -> list(json, type)
            kind == Map::class -> map(json, type)
            kind == ByteArray::class -> Base64.getDecoder().decode(string(json))
            kind == Instant::class -> Instant.parse(string(json))
            kind == String::class -> string(json)
            kind.java.isEnum -> enumValue(string(json), kind)
            kind.isSealed -> variant(json, kind)
            kind.isData -> record(json, kind)
            else -> scalar(json, kind)
        }
    }

    private fun list(json: JsonElement, type: KType) =
        (json as? JsonArray ?: wrong(json, type)).map { value(it, type.arguments.single().type!!) }

    private fun map(json: JsonElement, type: KType) =
        (json as? JsonObject ?: wrong(json, type)).mapValues { (_, member) -> value(member, type.arguments[1].type!!) }

    private fun enumValue(name: String, kind: KClass<*>): Any {
        val value = kind.java.enumConstants.firstOrNull { snakeCase((it as Enum<*>).name) == name }
        exercised.variant(kind.simpleName!!, name)
        return value ?: wrong(name, kind)
    }

    /** `"parent"`, or `{"child": {"born": null}}`. */
    private fun variant(json: JsonElement, kind: KClass<*>): Any {
        val (name, fields) =
            when (json) {
                is JsonObject -> json.entries.singleOrNull()?.toPair() ?: wrong(json, kind)
                else -> string(json) to null
            }
        val variant = kind.sealedSubclasses.firstOrNull { snakeCase(it.simpleName!!) == name } ?: wrong(name, kind)
        exercised.variant(kind.simpleName!!, name)
        val alone = variant.objectInstance
        return when {
            alone != null && fields == null -> alone
            alone == null && fields != null -> record(fields, variant)
            else -> wrong(json, kind)
        }
    }

    private fun record(json: JsonElement, kind: KClass<*>): Any {
        val members = (json as? JsonObject ?: wrong(json, kind)).toMutableMap()
        val constructor = kind.primaryConstructor!!
        val values =
            constructor.parameters.associateWith { parameter ->
                val member = members.remove(snakeCase(parameter.name!!))
                member?.let { value(it, parameter.type) }.also {
                    if (it == null && !parameter.type.isMarkedNullable) wrong(json, "${kind.simpleName}.${parameter.name}")
                }
            }
        if (members.isNotEmpty()) wrong(members.keys, kind)
        return constructor.callBy(values)
    }

    private fun string(json: JsonElement): String = (json as? JsonPrimitive)?.takeIf { it.isString }?.content ?: wrong(json, "a text")

    private fun scalar(json: JsonElement, kind: KClass<*>): Any {
        val text = (json as? JsonPrimitive)?.takeUnless { it.isString }?.content ?: wrong(json, kind)
        return when (kind) {
            Boolean::class -> text.toBooleanStrictOrNull()
            UByte::class -> text.toUByteOrNull()
            UInt::class -> text.toUIntOrNull()
            ULong::class -> text.toULongOrNull()
            Int::class -> text.toIntOrNull()
            Long::class -> text.toLongOrNull()
            else -> null
        } ?: wrong(json, kind)
    }

    private fun wrong(what: Any, expected: Any): Nothing =
        throw ScenarioError("$what is not ${(expected as? KClass<*>)?.simpleName ?: expected}")
}
