package jp.yorisoi.testkit

import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.ClinicianRole
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.io.File
import java.time.Instant
import java.util.Base64

/**
 * A world of the [Kit]: a server of its own, its programmes, its cards, a clinician, and a line to the phones that fails when it
 * is told to. Each call is one request to the kit, and throws [KitException] where the kit refuses it.
 */
public class World internal constructor(
    private val kit: Kit,
    /** What the kit said of it. */
    internal val json: JsonObject,
) {
    private val id = json.text("world")

    /** The address at which phones reach the server, for [ClientConfig.server]. */
    public val server: String = json.text("server")

    /** For [ClientConfig.roots]. */
    public val roots: List<String> = json.elements("roots").map { (it as JsonPrimitive).content }

    /** The signed manifest that an app would bring along, for [ClientConfig.manifest]. */
    public val manifest: ByteArray get() = Base64.getDecoder().decode(json.text("manifest"))

    /** What time it was when the world began. */
    public val now: Instant = Instant.parse(json.text("now"))

    /** What an app decides, for a phone that keeps its data in [directory]. */
    public fun config(directory: File): ClientConfig =
        ClientConfig(directory = directory.path, server = server, roots = roots, manifest = manifest)

    /** Ends the world. */
    public suspend fun end() {
        ask("end")
    }

    /** Sets the server's clock. */
    public suspend fun setClock(now: Instant) {
        ask("set_clock", "now" to momentText(now))
    }

    /** Hands out a card of [programme], by default of the world's first. */
    public suspend fun issueCard(programme: String? = null): Card =
        ask("issue_card", "programme" to programme).let { Card(it.text("code"), it.text("ticket"), it.text("programme")) }

    /** Takes a card back, as the operator does for one that was lost. */
    public suspend fun revokeCard(code: String) {
        ask("revoke_card", "code" to code)
    }

    /** Sets the phrase (合言葉) that lets everybody of a town join [programme], by default the world's first. */
    public suspend fun setPhrase(text: String, programme: String? = null) {
        ask("set_phrase", "text" to text, "programme" to programme)
    }

    /** A clinician, of this [role] if one is said, takes the consultation that waited longest. Gives its id. */
    public suspend fun take(role: ClinicianRole? = null): String = ask("take", "role" to role?.let(::name)).text("consultation")

    /** A clinician answers what was taken, or takes and answers the consultation that waited longest. Gives its id. */
    public suspend fun answer(text: String, role: ClinicianRole? = null): String =
        ask("answer", "text" to text, "role" to role?.let(::name)).text("consultation")

    /** Lets the fault of this name happen, from now on or so many [times]. [Kit.faults] has the names. */
    public suspend fun fault(name: String, times: Int? = null) {
        ask("fault", "name" to name, "times" to times)
    }

    /** Ends all faults; the server runs. */
    public suspend fun heal() {
        ask("heal")
    }

    /** Kills the server, as a loss of power would. */
    public suspend fun killServer() {
        ask("kill_server")
    }

    /** Starts the server after [killServer], on what its disk holds. */
    public suspend fun startServer() {
        ask("start_server")
    }

    /** Keeps a copy of the server's data. */
    public suspend fun keepBackup() {
        ask("keep_backup")
    }

    /** Puts the server back to the copy that was kept: what came since is gone there. */
    public suspend fun restoreBackup() {
        ask("restore_backup")
    }

    /** What went over the line so far. */
    public suspend fun figures(): Figures = Figures.read(ask("figures"))

    /**
     * Fills [directory] as a phone would have filled it in a family's year: consultations by day and night, most of them answered,
     * drafts, what was told of the family, consents. Takes seconds: the year is lived, not made up. In a world of the programme
     * `sandbox-year` that begins in April 2021; [FakePhone.liveAYear] does all that is needed.
     */
    public suspend fun familyYear(directory: File): FamilyYear = FamilyYear(ask("family_year", "directory" to directory.absolutePath))

    /** One verb as it goes over the wire. */
    internal suspend fun ask(verb: String, with: JsonObject): JsonObject = kit.ask("POST", "/worlds/$id/$verb", with).members()

    private suspend fun ask(verb: String, vararg with: Pair<String, Any?>): JsonObject = ask(
        verb,
        buildJsonObject {
            for ((name, value) in with) {
                when (value) {
                    null -> Unit
                    is Number -> put(name, value)
                    else -> put(name, value.toString())
                }
            }
        },
    )

    private fun name(role: ClinicianRole) = role.name.lowercase()
}

/** A card as a household is handed it. */
public data class Card(
    /** The code that is typed. */
    val code: String,
    /** The text of its QR code. */
    val ticket: String,
    /** The programme whose card it is. */
    val programme: String,
)

/** What is on a phone after [World.familyYear]. */
public class FamilyYear internal constructor(json: JsonObject) {
    /** For its key store. */
    public val rootKey: ByteArray = Base64.getDecoder().decode(json.text("root_key"))

    /** What time it is there. */
    public val now: Instant = Instant.parse(json.text("now"))

    /** How many consultations it holds. */
    public val consultations: Int = json.number("consultations").toInt()

    /** How many answers are not read yet. */
    public val unread: Int = json.number("unread").toInt()

    /** How many drafts it holds. */
    public val drafts: Int = json.number("drafts").toInt()

    /** What a world has to be opened with for it. */
    public companion object {
        /** The programme that lasts long enough. */
        public const val PROGRAMME: String = "sandbox-year"

        /** When the world has to begin. */
        public val BEGINS: Instant = Instant.parse("2021-03-31T15:00:00Z")
    }
}

/** What went over a world's line. */
public data class Figures(
    /** Requests that phones sent. */
    val requests: Long,
    /** Replies that reached a phone. */
    val replies: Long,
    /** How often each fault struck, by name. */
    val struck: Map<String, Long>,
    /** Messages that the server holds. */
    val messages: Long,
) {
    internal companion object {
        fun read(json: JsonObject) = Figures(
            json.number("requests"),
            json.number("replies"),
            json["struck"]?.members().orEmpty().mapValues { (_, count) -> (count as JsonPrimitive).content.toLong() },
            json.number("messages"),
        )
    }
}
