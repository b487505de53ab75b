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
import kotlinx.serialization.json.JsonPrimitive
import java.io.File

/** No step takes nearly as long. */
private const val MILLIS_FOR_A_STEP = 60_000L

/** Tells scenarios with a real kit: one world and any number of phones each. */
class ScenarioRunner(private val kit: Kit, private val exercised: Exercised) {
    /** Runs one in [folder]; the first step that came out otherwise is a [ScenarioError] that names it. */
    suspend fun run(scenario: Scenario, folder: File) {
        val telling = Telling(kit, exercised, folder)
        try {
            scenario.steps.forEachIndexed { index, step -> telling.step(step, index + 1) }
        } finally {
            withContext(NonCancellable) { telling.end() }
        }
    }
}

/** One scenario as it is told. */
private class Telling(private val kit: Kit, private val exercised: Exercised, private val folder: File) {
    private val rendering = Rendering(exercised)
    private val reading = Reading(exercised)
    private val saved = Saved()
    private val phones = mutableMapOf<String, Pair<FakePhone, PhoneSteps>>()
    private val sessions = mutableMapOf<String, LiveSession>()
    private var world: World? = null

    suspend fun step(step: Step, number: Int) {
        try {
            withTimeout(MILLIS_FOR_A_STEP) { judged(step) }
        } catch (error: TimeoutCancellationException) {
            throw ScenarioError("step $number, $step: not done in $MILLIS_FOR_A_STEP ms", error)
        } catch (error: ScenarioError) {
            throw ScenarioError("step $number, $step: ${error.message}", error)
        } catch (error: Exception) {
            throw ScenarioError("step $number, $step: $error", error)
        }
    }

    private suspend fun judged(step: Step) {
        val came: JsonElement
        try {
            came = acted(step)
        } catch (error: YorisoiException) {
            val rendered = rendering.error(error)
            val wrong = if (step.error == null) "an error came: $rendered" else difference(saved.filledIn(step.error), rendered)
            if (wrong != null) throw ScenarioError(wrong, error)
            step.save?.let { saved[it] = rendered }
            return
        }
        if (step.error != null) throw ScenarioError("no error came, but $came; expected ${step.error}")
        step.expect?.let { expected -> difference(saved.filledIn(expected), came)?.let { throw ScenarioError(it) } }
        step.save?.let { saved[it] = came }
    }

    private suspend fun acted(step: Step): JsonElement {
        val with = saved.filledIn(step.with) as JsonObject
        return when (step.actor) {
            Actor.KIT ->
                if (step.verb == "world") {
                    if (world != null) throw ScenarioError("a scenario has one world")
                    kit.world(with).also { world = it }.json
                } else {
                    theWorld().ask(step.verb, with)
                }
            Actor.OS -> steps(step.phone!!).run(step.verb, with)
            Actor.CALL -> called(step, Arguments(with, reading))
        }
    }

    private suspend fun called(step: Step, arguments: Arguments): JsonElement {
        val clientCall = CLIENT_CALLS[step.verb]
        val freeCall = FREE_CALLS[step.verb]
        val came: Any? =
            when {
                step.verb == "stop" -> {
                    exercised.call("stop")
                    session(step).stop()
                }
                step.session != null -> throw ScenarioError("only `stop` takes a session")
                clientCall != null -> {
                    val (phone, steps) = phone(step.phone ?: throw ScenarioError("which phone calls?"))
                    exercised.call(step.verb)
                    try {
                        arguments.clientCall(phone.client)
                    } finally {
                        steps.noteCallbacks()
                    }
                }
                freeCall != null -> {
                    if (step.phone != null) throw ScenarioError("`${step.verb}` needs no phone")
                    exercised.call(step.verb)
                    arguments.freeCall()
                }
                else -> throw ScenarioError("the library has no call `${step.verb}`")
            }
        arguments.allRead()
        return if (came is LiveSession) kept(came) else rendering.json(came)
    }

    private fun kept(session: LiveSession): JsonElement {
        val name = "session ${sessions.size + 1}"
        sessions[name] = session
        return JsonPrimitive(name)
    }

    private fun session(step: Step): LiveSession {
        val name = (saved.filledIn(step.session ?: JsonNull) as? JsonPrimitive)?.content
        return sessions[name] ?: throw ScenarioError("no session `$name`")
    }

    private fun theWorld() = world ?: throw ScenarioError("there is no world yet")

    private fun steps(name: String) = phone(name).second

    private fun phone(name: String) = phones.getOrPut(name) {
        val phone = FakePhone(folder.resolve(name), theWorld())
        phone to PhoneSteps(phone, rendering, exercised)
    }

    suspend fun end() {
        sessions.values.forEach(LiveSession::close)
        phones.values.forEach { (phone, _) -> phone.close() }
        world?.end()
    }
}
