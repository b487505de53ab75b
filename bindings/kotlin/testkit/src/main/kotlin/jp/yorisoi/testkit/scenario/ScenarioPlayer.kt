package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.LiveSession
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.Kit
import jp.yorisoi.testkit.World
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import java.io.File

/** No step takes nearly as long. */
private const val MILLIS_FOR_A_STEP = 60_000L

/**
 * Plays scenarios on phones and a world of a real kit. What was played stays until [end]: a test can play a story and then look
 * at its app's screens on the phone that lived it.
 *
 * ```
 * val player = ScenarioPlayer(kit, folder)
 * try {
 *     player.play(Scenario.read(File("05-ask-at-night-and-read-the-answer.json")))
 *     show(player.phone("mother").client)
 * } finally {
 *     player.end()
 * }
 * ```
 */
public class ScenarioPlayer internal constructor(private val kit: Kit, private val folder: File, private val exercised: Exercised) {
    /** Plays with [kit]; the phones keep their things in [folder]. */
    public constructor(kit: Kit, folder: File) : this(kit, folder, Exercised())

    private val rendering = Rendering(exercised)
    private val reading = Reading(exercised)
    private val saved = Saved()
    private val phones = mutableMapOf<String, Pair<FakePhone, PhoneSteps>>()
    private val sessions = mutableMapOf<String, LiveSession>()
    private var began: World? = null

    /** The world that the scenario began. */
    public val world: World get() = began ?: throw ScenarioError("a world comes first")

    /** The phone of this name; a new one where the scenario had none. */
    public fun phone(name: String): FakePhone = steps(name).first

    /** Plays all steps. The first that came out otherwise is a [ScenarioError] that names it. */
    public suspend fun play(scenario: Scenario) {
        scenario.steps.forEachIndexed { index, step -> play(step, "${scenario.place}, step ${index + 1}") }
    }

    /** Ends the world and lets the phones' libraries go. */
    public suspend fun end() {
        sessions.values.forEach(LiveSession::close)
        phones.values.forEach { (phone, _) -> phone.close() }
        withContext(NonCancellable) { began?.end() }
    }

    private suspend fun play(step: Step, place: String) {
        fun failed(why: Any?, cause: Throwable) = ScenarioError("$place, $step: $why", cause)
        try {
            withTimeout(MILLIS_FOR_A_STEP) { judged(step) }
        } catch (error: TimeoutCancellationException) {
            throw failed("not done in $MILLIS_FOR_A_STEP ms", error)
        } catch (error: ScenarioError) {
            throw failed(error.message, error)
        } catch (error: Exception) {
            throw failed(error, error)
        }
    }

    private suspend fun judged(step: Step) {
        val found: JsonElement
        try {
            found = done(step)
        } catch (error: YorisoiException) {
            val rendered = rendering.error(error)
            val expected = step.error ?: throw ScenarioError("failed: $rendered", error)
            difference(expected, rendered)?.let { throw ScenarioError("$it; found $rendered", error) }
            return
        }
        if (step.error != null) throw ScenarioError("expected the error ${step.error}, found $found")
        step.expect?.let { expected ->
            difference(saved.filledIn(expected), found)?.let { throw ScenarioError("$it; found $found") }
        }
        step.save?.let { saved[it] = found }
    }

    private suspend fun done(step: Step): JsonElement {
        val with = saved.filledIn(step.with) as JsonObject
        return when (step.actor) {
            Actor.KIT -> if (step.verb == "world") begun(with) else world.ask(step.verb, with)
            Actor.OS -> steps(step.phone!!).second.run(step.verb, with)
            Actor.CALL -> called(step, Arguments(with, reading))
        }
    }

    private suspend fun begun(with: JsonObject): JsonElement {
        if (began != null) throw ScenarioError("a scenario has one world")
        return kit.world(with).also { began = it }.json
    }

    private suspend fun called(step: Step, arguments: Arguments): JsonElement {
        val clientCall = CLIENT_CALLS[step.verb]
        val freeCall = FREE_CALLS[step.verb]
        val found: Any? =
            when {
                step.session != null -> calledOnASession(step, step.session)
                clientCall != null -> calledOnAPhone(step, arguments, clientCall)
                freeCall == null -> throw ScenarioError("the library has no call `${step.verb}`")
                step.phone != null -> throw ScenarioError("`${step.verb}` needs no phone")
                else -> arguments.freeCall().also { exercised.call(step.verb) }
            }
        arguments.allRead()
        if (found !is LiveSession) return rendering.json(found)
        sessions[step.save ?: throw ScenarioError("a session that nobody can stop")] = found
        return JsonNull
    }

    private suspend fun calledOnAPhone(step: Step, arguments: Arguments, call: ClientCall): Any? {
        val (phone, steps) = steps(step.phone ?: throw ScenarioError("which phone calls?"))
        exercised.call(step.verb)
        try {
            return arguments.call(phone.client)
        } finally {
            steps.noteCallbacks()
        }
    }

    private suspend fun calledOnASession(step: Step, name: String) {
        val session = sessions[name] ?: throw ScenarioError("no session `$name`")
        exercised.call(step.verb)
        when (step.verb) {
            "stop" -> session.stop()
            "ended" -> session.ended()
            else -> throw ScenarioError("a session knows no `${step.verb}`")
        }
    }

    private fun steps(name: String) = phones.getOrPut(name) {
        val phone = FakePhone(folder.resolve(name), world)
        phone to PhoneSteps(phone, rendering, exercised)
    }
}
