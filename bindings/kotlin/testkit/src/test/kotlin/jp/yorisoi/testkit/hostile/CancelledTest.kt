package jp.yorisoi.testkit.hostile

import jp.yorisoi.core.ConsultationView
import jp.yorisoi.core.MessageStep
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.World
import jp.yorisoi.testkit.sharedKit
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.Runnable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.coroutines.CoroutineContext
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

private const val ROUNDS = 10_000
private const val WARM_UP = 2_000
private const val SAMPLE_EVERY = 250
private const val MILLIS = 120_000L
private const val SEED = 20_211_001

/** Half of the rounds may leave this much, which is less than 1 KiB each. */
private const val MAY_GROW_BYTES = 4L * 1024 * 1024

/** Runs a coroutine piece by piece: each piece ends where it waits. */
private class Pieces : CoroutineDispatcher() {
    private val ready = LinkedBlockingQueue<Runnable>()

    override fun dispatch(context: CoroutineContext, block: Runnable) = ready.put(block)

    /** Runs the next piece once it is ready. */
    fun runOne() = assertNotNull(ready.poll(MILLIS, TimeUnit.MILLISECONDS), "a call that goes nowhere").run()
}

/** Calls that are given up anywhere, against a real server: nothing lost, nothing twice, nothing left behind. */
class CancelledTest {
    @TempDir
    lateinit var folder: File

    private fun story(tell: suspend CoroutineScope.(World, FakePhone) -> Unit) = runBlocking {
        withTimeout(MILLIS) {
            sharedKit.inWorld { world -> FakePhone(folder, world).use { phone -> tell(world, phone) } }
        }
    }

    @Test
    fun `every call may be given up at every place where it waits`() = story { world, phone ->
        val client = phone.enrolled(world)
        // These two end what the others need.
        val calls = EVERY_CALL.filterNot { it.name == "suspend" || it.name == "erase" }
        for (call in calls) {
            var places = 0
            while (!finishes(call, client, places)) places++
            assertTrue(places > 0 || call.name == "start_live", "$call never waits")
        }
        assertIs<SyncEnd.CaughtUp>(client.sync().ended)
        assertEquals(0, handles()["continuations"])
    }

    /** Whether the call came to its end within so many pieces; if not, it is cancelled there. */
    private fun finishes(call: ReadyCall, client: YorisoiClient, pieces: Int): Boolean {
        val dispatcher = Pieces()
        val job = CoroutineScope(dispatcher + SupervisorJob()).launch { answered { call.make(client) } }
        repeat(pieces) { if (!job.isCompleted) dispatcher.runOne() }
        val finished = job.isCompleted
        job.cancel()
        while (!job.isCompleted) dispatcher.runOne()
        return finished
    }

    @Test
    fun `ten thousand calls given up at any time lose nothing and leave nothing`() = story { world, phone ->
        val client = phone.enrolled(world)
        val many = Many(client, Random(SEED))
        val samples = mutableListOf<Memory>()
        repeat(WARM_UP + ROUNDS) { round ->
            many.round(this, asksOneOf = if (round < WARM_UP) 5 else 100)
            if (round >= WARM_UP && round % SAMPLE_EVERY == 0) samples += Memory.now()
        }
        many.assertNothingLost(world)
        assertEquals(mapOf("KeyStore" to 1, "Clock" to 1, "Notices" to 1, "continuations" to 0), handles())
        for (taken in listOf(Memory::resident, Memory::heap)) {
            val (first, second) = samples.map(taken).chunked(samples.size / 2).map { half -> half.min() }
            assertTrue(second - first < MAY_GROW_BYTES, "${taken.name} memory grew from $first to $second bytes: $samples")
        }
    }
}

/** Makes calls one after the other and gives each up at some moment between its beginning and its end. */
private class Many(private val client: YorisoiClient, private val random: Random) {
    private val calls: List<ReadyCall> =
        listOf(
            "sync", "sync_within", "refresh_manifest", "finish_erasures", "hand_in_set_aside", "time", "consultations", "drafts",
            "search", "sync_state", "may_ask", "set_loss_mode", "tell_family_fact", "consent_standing", "safety_contacts", "start_live",
        ).map { ReadyCall(it) }

    /** How long each took, counted in turns of this thread. */
    private val turns = mutableMapOf<String, Int>()
    private var begun = 0
    private val asked = mutableSetOf<String>()

    /** What is asked fills the library's own caches: most of it does so before memory is looked at. */
    suspend fun round(scope: CoroutineScope, asksOneOf: Int) {
        if (random.nextInt(asksOneOf) == 0) {
            giveUp(scope, "ask") {
                begun++
                asked += client.ask(Service.PEDIATRICS, Subject.Parent, "夜中に咳きこみます。")
            }
        } else {
            val call = calls.random(random)
            giveUp(scope, call.name) { answered { call.make(client) } }
        }
    }

    private suspend fun giveUp(scope: CoroutineScope, name: String, call: suspend () -> Unit) {
        // The first time it comes to its end.
        val patience = turns[name]?.let { random.nextInt(it + it / 2 + 1) } ?: Int.MAX_VALUE
        val job = scope.launch(start = CoroutineStart.UNDISPATCHED) { call() }
        val waited = turnsOf(job, patience)
        if (job.isCompleted) turns[name] = if (name in turns) (turns.getValue(name) * 3 + waited) / 4 else waited
        job.cancel()
        job.join()
    }

    private suspend fun turnsOf(job: Job, most: Int): Int {
        var waited = 0
        while (waited < most && !job.isCompleted) {
            yield()
            waited++
        }
        return waited
    }

    suspend fun assertNothingLost(world: World) {
        // A local call that was given up may still be writing: what it saves, the next sync sends.
        var kept: List<ConsultationView>
        do {
            assertIs<SyncEnd.CaughtUp>(client.sync().ended)
            kept = consultations()
        } while (kept.any { it.step != MessageStep.HELD_BY_SERVER })
        val ids = kept.map { it.id }
        assertEquals(ids.size, ids.toSet().size, "none is there twice")
        assertTrue(ids.containsAll(asked), "what was saved is there")
        assertTrue(asked.size in 1..ids.size && ids.size <= begun, "${asked.size} answered, ${ids.size} kept, $begun begun")
        assertEquals(ids.size.toLong(), world.figures().messages)
    }

    private suspend fun consultations(): List<ConsultationView> {
        val all = mutableListOf<ConsultationView>()
        var next: ULong? = null
        do {
            val page = client.consultations(next, 500u)
            all += page.consultations
            next = page.next
        } while (next != null)
        return all
    }
}

/** Makes a call that may have an error as its answer. */
private suspend fun answered(call: suspend () -> Unit) {
    try {
        call()
    } catch (_: YorisoiException) {
        // An answer like any other.
    }
}
