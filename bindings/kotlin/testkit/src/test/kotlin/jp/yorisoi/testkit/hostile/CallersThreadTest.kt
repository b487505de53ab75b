package jp.yorisoi.testkit.hostile

import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import jp.yorisoi.core.Notice
import jp.yorisoi.core.Notices
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.testkit.FakeClock
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.sharedKit
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue

private const val SECONDS = 20L
private const val BEATS = 1_000

/** An app whose clock and ear let the library wait until a gate is opened, or for good if the test forgets. */
private class Gated(private val clock: Clock) :
    Clock,
    Notices {
    @Volatile private var gate: CountDownLatch? = null
    val waiting = AtomicInteger()

    fun shut() {
        gate = CountDownLatch(1)
    }

    fun open() {
        gate?.countDown()
        gate = null
    }

    private fun pass() {
        val shut = gate ?: return
        waiting.incrementAndGet()
        shut.await(SECONDS, TimeUnit.SECONDS)
    }

    override fun read(): ClockReading {
        pass()
        return clock.read()
    }

    override fun changed(notices: List<Notice>) = pass()
}

/** The thread an app calls from, such as the one that draws its screens, while the library waits for the app itself. */
class CallersThreadTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `it is never held up by a call, whatever the library waits for`() = runBlocking {
        sharedKit.inWorld { world ->
            val phone = FakePhone(folder, world)
            phone.enrolled(world)
            phone.close()
            val gated = Gated(FakeClock(world.now))
            YorisoiClient.open(phone.config, phone.keys, gated, gated).use { client ->
                gated.shut()
                val started = AtomicInteger()
                val beats = AtomicInteger()
                val ended = CountDownLatch(1)
                val screen = Executors.newSingleThreadExecutor()
                // Nobody on the held-up thread could open the gate.
                val rescued = AtomicBoolean()
                val rescuer = thread {
                    if (!ended.await(SECONDS, TimeUnit.SECONDS)) {
                        rescued.set(true)
                        gated.open()
                    }
                }
                withContext(screen.asCoroutineDispatcher()) {
                    val calls = EVERY_CALL.map { call -> launch { made(call, client) { started.incrementAndGet() } } }
                    while (started.get() < calls.size || beats.get() < BEATS) {
                        beats.incrementAndGet()
                        yield()
                    }
                    assertFalse(rescued.get(), "a call held the thread up")
                    assertTrue(gated.waiting.get() > 0 && calls.any(Job::isActive), "the library waits")
                    ended.countDown()
                    gated.open()
                    assertEquals(Unit, withTimeoutOrNull(SECONDS * 1_000) { calls.joinAll() }, "calls that never end")
                }
                rescuer.join()
                screen.shutdown()
            }
        }
    }

    @Test
    fun `a listener may sync and wait for it at every change`() = runBlocking {
        sharedKit.inWorld { world ->
            val phone = FakePhone(folder, world)
            val client = phone.enrolled(world)
            val synced = launch(Dispatchers.IO) {
                phone.changes.flow.collect { runBlocking { client.sync() } }
            }
            repeat(20) {
                client.ask(Service.PEDIATRICS, Subject.Parent, "夜中に咳きこみます。")
                assertIs<SyncEnd.CaughtUp>(withTimeout(SECONDS * 1_000) { client.sync() }.ended)
            }
            synced.cancelAndJoin()
            phone.close()
        }
    }

    private suspend fun made(call: ReadyCall, client: YorisoiClient, begin: () -> Unit) {
        begin()
        try {
            call.make(client)
        } catch (_: YorisoiException) {
            // An answer like any other: some of these calls shut the others out.
        }
    }
}
