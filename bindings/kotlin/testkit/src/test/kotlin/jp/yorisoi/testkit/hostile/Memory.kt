package jp.yorisoi.testkit.hostile

import java.io.File

private const val PAGE_BYTES = 4096L

/** What this process takes of the computer's memory, and what the JVM's own objects take of that, in bytes. */
data class Memory(val resident: Long, val heap: Long) {
    companion object {
        /** After the JVM has let go of what it can. */
        fun now(): Memory {
            repeat(2) { System.gc() }
            val pages = File("/proc/self/statm").readText().split(' ')[1].toLong()
            return Memory(pages * PAGE_BYTES, Runtime.getRuntime().run { totalMemory() - freeMemory() })
        }
    }
}

/** How many Kotlin objects the library holds by a number: continuations of calls, and the app's own objects. */
fun handles(): Map<String, Int> {
    val generated = Class.forName("jp.yorisoi.core.YorisoiKt")
    val continuations = generated.getMethod("getUniffiContinuationHandleMap").invoke(null)
    val converters = listOf("KeyStore", "Clock", "Notices").associateWith { name ->
        val converter = Class.forName("jp.yorisoi.core.FfiConverterType$name")
        val map = converter.methods.first { it.name.startsWith("getHandleMap") }
        map.invoke(converter.getField("INSTANCE").get(null))
    }
    return (converters + ("continuations" to continuations)).mapValues { (_, map) ->
        map.javaClass.getMethod("getSize").invoke(map) as Int
    }
}
