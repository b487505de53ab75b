package jp.yorisoi.testkit.scenario

import java.io.File
import java.util.concurrent.ConcurrentHashMap

/** What was exercised of the library, each thing once: lines in the file that `YORISOI_EXERCISED` names, if it names one. */
internal class Exercised(private val file: File? = System.getenv("YORISOI_EXERCISED")?.let(::File)) {
    private val known = ConcurrentHashMap.newKeySet<String>()

    /** All lines so far. */
    val lines: Set<String> get() = known.toSet()

    fun call(name: String) = note("call $name")

    fun callback(name: String) = note("callback $name")

    fun variant(type: String, variant: String) = note("variant $type.$variant")

    fun error(kind: String) = note("error $kind")

    private fun note(line: String) {
        if (known.add(line)) synchronized(this) { file?.appendText("$line\n") }
    }
}
