package jp.yorisoi.core

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Instant
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

private const val BOUND = 20_000L
private val NIGHT = Instant.parse("2021-09-30T18:12:00Z")

private val DRAFT = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")

private class Keys(var onLoad: (ByteArray?) -> ByteArray? = { it }, var onSave: (ByteArray) -> ByteArray? = { it }) : KeyStore {
    @Volatile var key: ByteArray? = null

    override fun load() = onLoad(key)

    override fun save(key: ByteArray) {
        this.key = onSave(key)
    }
}

private class Told(@Volatile var on: () -> ClockReading = { USUAL }) : Clock {
    override fun read() = on()

    companion object {
        val USUAL = ClockReading(NIGHT, 60_000, "boot-1", null)
    }
}

private class Ear(@Volatile var on: (List<Notice>) -> Unit = {}) : Notices {
    override fun changed(notices: List<Notice>) = on(notices)
}

/** What an app's own code can do to the library, and what it gets for it. Waits are bounded: a deadlock is a failure. */
class HostileHostTest {
    @TempDir
    lateinit var directory: File

    private val keys = Keys()
    private val clock = Told()
    private val ear = Ear()

    private val sandbox = File("../../../sandbox/manifest")

    private suspend fun open(keys: KeyStore = this.keys, clock: Clock = this.clock, notices: Notices = ear): YorisoiClient {
        val roots = sandbox.resolve("roots.txt").readLines()
        val manifest = sandbox.resolve("sandbox.cose").readBytes()
        return YorisoiClient.open(ClientConfig(directory.path, "https://127.0.0.1:1", roots, manifest), keys, clock, notices)
    }

    private fun story(tell: suspend CoroutineScope.() -> Unit) = runBlocking { withTimeout(BOUND) { tell() } }

    private fun opened(tell: suspend CoroutineScope.(YorisoiClient) -> Unit) = story {
        open().use { client -> tell(client) }
    }

    /** What code may throw: what it declares, what it does not, and what is no `Exception` at all. */
    private val thrown: List<() -> Throwable> =
        listOf(
            { IllegalStateException("the service died") },
            { NotImplementedError() },
            { StackOverflowError() },
            { AssertionError("a test's own") },
            { HostFailure.Threw() },
            { InterruptedException() },
        )

    @Test
    fun `whatever a key store throws it is failing`() = story {
        for (error in thrown) {
            val broken = Keys(onLoad = { throw error() })
            assertEquals("key_failing", assertFailsWith<YorisoiException.Key> { open(broken) }.details.code, "${error()}")
            val unwritable = Keys(onSave = { throw error() })
            assertEquals("key_failing", assertFailsWith<YorisoiException.Key> { open(unwritable) }.details.code, "${error()}")
        }
        val locked = Keys(onLoad = { throw KeyStoreFailure.Locked() })
        assertEquals("key_locked", assertFailsWith<YorisoiException.Key> { open(locked) }.details.code)
        open().close()
    }

    @Test
    fun `a key that cannot be one is an error, and the right one still opens`() = story {
        open().close()
        val sizes = listOf(0, 1, 31, 33, 1_000_000)
        for (size in sizes) {
            val error = assertFailsWith<YorisoiException.Key>("$size bytes") { open(Keys(onLoad = { ByteArray(size) })) }
            assertTrue(error.details.code.startsWith("key_"), error.details.code)
        }
        open().close()
    }

    @Test
    fun `whatever a clock throws the system's is taken`() = opened { client ->
        for (error in thrown) {
            clock.on = { throw error() }
            val now = client.time().now
            assertTrue(now.isAfter(Instant.parse("2024-01-01T00:00:00Z")), "${error()}: $now")
        }
        clock.on = { Told.USUAL }
        assertEquals(NIGHT, client.time().now)
    }

    @Test
    fun `a clock that shows what no clock can show is no crash`() = opened { client ->
        val moments =
            listOf(Instant.MIN, Instant.MAX, Instant.ofEpochMilli(Long.MIN_VALUE), Instant.ofEpochMilli(Long.MAX_VALUE), Instant.EPOCH)
        val since = listOf(Long.MIN_VALUE, -1, 0, Long.MAX_VALUE)
        for (wall in moments) {
            for (millis in since) {
                for (trusted in moments + null) {
                    clock.on = { ClockReading(wall, millis, "boot", trusted) }
                    val shown = "$wall, $millis, $trusted"
                    try {
                        client.time()
                        client.saveDraft(DRAFT)
                        client.safetyContacts()
                        client.syncState()
                    } catch (error: YorisoiException) {
                        throw AssertionError("$shown: ${error.details.code}", error)
                    }
                }
            }
        }
        clock.on = { ClockReading(NIGHT, 0, "boot".repeat(1_000_000), null) }
        assertEquals(NIGHT, client.time().now)
    }

    @Test
    fun `whatever a listener throws the call has done its work`() = opened { client ->
        for (error in thrown) {
            ear.on = { throw error() }
            client.saveDraft(DRAFT)
        }
        assertEquals(thrown.size.toULong(), client.drafts(null, 50u).total)
    }

    @Test
    fun `a listener may wait for the library, on its own thread and on another`() = opened { client ->
        val answers = Channel<Any>(Channel.UNLIMITED)
        ear.on = { answers.trySend(runBlocking { client.drafts(null, 50u).total }) }
        client.saveDraft(DRAFT)
        assertEquals(1uL, answers.receive())
        ear.on = { answers.trySend(runBlocking(Dispatchers.IO) { client.drafts(null, 50u).total }) }
        client.saveDraft(DRAFT)
        assertEquals(2uL, answers.receive())
    }

    @Test
    fun `a listener may wait for the network, also for what a network call tells`() = opened { client ->
        val answers = Channel<Throwable?>(Channel.UNLIMITED)
        ear.on = { answers.trySend(runCatching { runBlocking { client.refreshManifest() } }.exceptionOrNull()) }
        client.saveDraft(DRAFT)
        assertIs<YorisoiException.Network>(answers.receive())
        client.enroll(TICKET)
        assertIs<YorisoiException.Network>(answers.receive())
    }

    @Test
    fun `listeners that wait for many calls at once hold up nobody`() = opened { client ->
        val heard = Channel<Unit>(Channel.UNLIMITED)
        ear.on = {
            runBlocking { List(16) { async(Dispatchers.IO) { client.drafts(null, 50u) } }.awaitAll() }
            heard.trySend(Unit)
        }
        List(16) { async(Dispatchers.Default) { client.saveDraft(DRAFT) } }.awaitAll()
        heard.receive()
        assertEquals(16uL, client.drafts(null, 50u).total)
    }

    @Test
    fun `a clock or a key store that calls the library it belongs to is told so`() = opened { client ->
        val answers = Channel<Throwable?>(Channel.UNLIMITED)
        val calls = listOf<suspend () -> Any>({ client.time() }, { client.sync() }, { client.changeRootKey() }, { open() })
        for (call in calls) {
            clock.on = {
                answers.trySend(runCatching { runBlocking { call() } }.exceptionOrNull())
                Told.USUAL
            }
            assertEquals(NIGHT, client.time().now)
            assertTold(answers.receive())
            assertFailsWith<YorisoiException> { client.refreshManifest() }
            clock.on = { Told.USUAL }
            while (true) assertTold(answers.tryReceive().getOrNull() ?: break)
        }
        keys.onSave = {
            answers.trySend(runCatching { runBlocking { client.drafts(null, 1u) } }.exceptionOrNull())
            it
        }
        client.changeRootKey()
        assertTold(answers.receive())
    }

    private fun assertTold(answer: Throwable?) {
        assertEquals("setting_invalid", assertIs<YorisoiException.Setting>(answer).details.code)
    }

    @Test
    fun `a listener that blocks holds up no call, and hears each change once when it goes on`() = opened { client ->
        val gate = CountDownLatch(1)
        val heard = Channel<List<Notice>>(Channel.UNLIMITED)
        ear.on = {
            heard.trySend(it)
            gate.await(BOUND, TimeUnit.MILLISECONDS)
        }
        client.saveDraft(DRAFT)
        assertEquals(listOf<Notice>(Notice.Drafts), heard.receive())
        repeat(100) { client.saveDraft(DRAFT) }
        client.tellFamilyFact(FamilyFact.Delivered(DateFact.NotTold))
        assertEquals(101uL, client.drafts(null, 1u).total)
        assertNull(heard.tryReceive().getOrNull())
        gate.countDown()
        assertEquals(listOf(Notice.Drafts, Notice.Family), heard.receive())
    }

    @Test
    fun `a key store that blocks holds up nobody but the one who opens`() = story {
        val gate = CountDownLatch(1)
        val blocked = CountDownLatch(1)
        val slow =
            Keys(onLoad = {
                blocked.countDown()
                gate.await(BOUND, TimeUnit.MILLISECONDS)
                it
            })
        Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { main ->
            withContext(main) {
                val opening = async { open(slow) }
                while (blocked.count > 0) yield()
                gate.countDown()
                opening.await().close()
            }
        }
    }

    @Test
    fun `calls from many threads at once all have their answer`() = opened { client ->
        val threads = Executors.newFixedThreadPool(16)
        threads.asCoroutineDispatcher().use { pool ->
            List(400) {
                async(pool) {
                    client.saveDraft(DRAFT)
                    client.search("眠れ")
                    client.time()
                }
            }.awaitAll()
        }
        assertEquals(400uL, client.drafts(null, 1u).total)
    }

    @Test
    fun `a session that trying again cannot mend says so to everybody who waits for it`() = story {
        open().use { client ->
            assertEquals("not_enrolled", assertFailsWith<YorisoiException.Enrollment> { client.live() }.details.code)
            client.startLive().use { session ->
                List(4) { async { assertFailsWith<YorisoiException.Enrollment> { session.ended() } } }
                    .forEach { assertEquals("not_enrolled", it.await().details.code) }
            }
        }
    }

    @Test
    fun `what is closed stays closed and says so`() = story {
        val client = open()
        val live = client.startLive()
        live.stop()
        live.stop()
        live.close()
        live.close()
        assertEquals("setting_invalid", assertFailsWith<YorisoiException.Setting> { live.stop() }.details.code)
        client.close()
        client.close()
        assertEquals("setting_invalid", assertFailsWith<YorisoiException.Setting> { client.time() }.details.code)
        assertEquals("setting_invalid", assertFailsWith<YorisoiException.Setting> { client.startLive() }.details.code)
        open().use { assertEquals(NIGHT, it.time().now) }
    }

    @Test
    fun `closing while calls are under way ends each with an answer or an error`() = story {
        repeat(50) { round ->
            val client = open()
            val calls =
                List(8) {
                    async(Dispatchers.Default) {
                        runCatching { if (it % 2 == 0) client.saveDraft(DRAFT) else client.refreshManifest() }
                    }
                }
            repeat(round) { yield() }
            client.close()
            for (call in calls) call.await().exceptionOrNull()?.let { assertIs<YorisoiException>(it) }
        }
    }

    @Test
    fun `two clients on one database see what the other wrote`() = story {
        val first = open()
        val second = open()
        try {
            List(40) { async(Dispatchers.Default) { (if (it % 2 == 0) first else second).saveDraft(DRAFT) } }.awaitAll()
            assertEquals(40uL, first.drafts(null, 1u).total)
            assertEquals(40uL, second.drafts(null, 1u).total)
            first.close()
            second.saveDraft(DRAFT)
            assertEquals(41uL, second.drafts(null, 1u).total)
        } finally {
            first.close()
            second.close()
        }
    }
}
