package jp.yorisoi.testkit

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URI
import java.time.Instant
import java.util.concurrent.TimeUnit

/**
 * The test kit: a program of its own that holds worlds, each with a real server, cards, a clinician and faults on request. It
 * listens on this computer only, and ends when it is closed or when this process ends.
 *
 * ```
 * Kit.start().use { kit ->
 *     kit.inWorld { world ->
 *         FakePhone(directory, world).use { phone ->
 *             val client = phone.open()
 *             client.enroll(world.issueCard().code)
 *         }
 *     }
 * }
 * ```
 */
public class Kit private constructor(private val process: Process, private val control: URI) : AutoCloseable {
    /**
     * Opens a world. Without [programmes] it has all three of the sandbox. Without [now] its time is the real one, and the
     * programmes are open today; with it, its server's clock starts there.
     */
    public suspend fun world(programmes: List<String>? = null, now: Instant? = null): World {
        val with =
            buildJsonObject {
                programmes?.let { put("programmes", JsonArray(it.map(::JsonPrimitive))) }
                now?.let { put("now", JsonPrimitive(momentText(it))) }
            }
        return world(with)
    }

    /** The same with the request as it goes over the wire. */
    internal suspend fun world(with: JsonObject): World = World(this, ask("POST", "/worlds", with).members())

    /** Opens a world, and ends it however [story] ends. Takes what [world] takes. */
    public suspend fun <T> inWorld(programmes: List<String>? = null, now: Instant? = null, story: suspend (World) -> T): T {
        val world = world(programmes, now)
        try {
            return story(world)
        } finally {
            withContext(NonCancellable) { world.end() }
        }
    }

    /** The faults a world can have, by name. */
    public suspend fun faults(): List<Fault> = ask("GET", "/faults").elements().map { Fault.read(it.members()) }

    /** Ends the program and all its worlds. Closing it again does nothing. */
    override fun close() {
        // Its standard input is what it lives on.
        try {
            process.outputStream.close()
        } catch (_: IOException) {
            // It is gone already.
        }
        if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) process.destroyForcibly()
    }

    internal suspend fun ask(method: String, path: String, with: JsonObject? = null): JsonElement = withContext(Dispatchers.IO) {
        val connection = control.resolve(path).toURL().openConnection() as HttpURLConnection
        connection.requestMethod = method
        connection.connectTimeout = MILLIS_TO_ANSWER
        connection.readTimeout = MILLIS_TO_ANSWER
        if (with != null) connection.send(with)
        val status = connection.responseCode
        val stream = if (status < HTTP_REFUSED) connection.inputStream else connection.errorStream
        val text = stream?.use { it.readBytes().decodeToString() }.orEmpty()
        if (status != HttpURLConnection.HTTP_OK) throw KitException("$method $path: $status: ${refusal(text)}")
        if (text.isBlank()) JsonObject(emptyMap()) else Json.parseToJsonElement(text)
    }

    private fun HttpURLConnection.send(body: JsonObject) {
        val bytes = body.toString().encodeToByteArray()
        doOutput = true
        setRequestProperty("Content-Type", "application/json")
        // A body of known length that is streamed: the JVM would otherwise send a request again whose reply was lost.
        setFixedLengthStreamingMode(bytes.size)
        outputStream.use { it.write(bytes) }
    }

    /** Starting it. */
    public companion object {
        private const val HTTP_REFUSED = 400
        private const val SECONDS_TO_END = 10L
        private const val MILLIS_TO_ANSWER = 60_000

        /** What the kit's first line begins with. */
        private const val GREETING = "control "

        /**
         * Starts the program [program], by default the one that the environment variable `YORISOI_KIT` names. Needs neither
         * Rust nor arguments.
         */
        public suspend fun start(program: File? = null): Kit = withContext(Dispatchers.IO) {
            val file =
                program
                    ?: System.getenv("YORISOI_KIT")?.let(::File)
                    ?: throw KitException("say where the kit is, or set YORISOI_KIT to its path")
            val process =
                try {
                    ProcessBuilder(file.path).redirectError(ProcessBuilder.Redirect.INHERIT).start()
                } catch (failure: IOException) {
                    throw KitException("cannot start ${file.path}", failure)
                }
            val greeting = process.inputStream.bufferedReader().readLine()
            if (greeting == null || !greeting.startsWith(GREETING)) {
                process.destroyForcibly()
                throw KitException("${file.path} is not the kit: it said ${greeting ?: "nothing"}")
            }
            Kit(process, URI(greeting.removePrefix(GREETING).trim()))
        }

        private fun refusal(text: String): String = try {
            (Json.parseToJsonElement(text) as? JsonObject)?.text("error") ?: text
        } catch (_: IllegalArgumentException) {
            text
        }
    }
}

/** The kit cannot be started, or refused what was asked of it; the message says what. */
public class KitException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** Something that goes wrong on purpose. */
public data class Fault(
    /** Its name, for [World.fault]. */
    val name: String,
    /** What it does, in English. */
    val words: String,
    /** The numbers of the failures in the field that it stands for. */
    val failures: List<Int>,
) {
    internal companion object {
        fun read(json: JsonObject) = Fault(json.text("name"), json.text("words"), json.elements("failures").map { it.toString().toInt() })
    }
}
