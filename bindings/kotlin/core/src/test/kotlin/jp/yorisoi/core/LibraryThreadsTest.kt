package jp.yorisoi.core

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Instant
import java.util.Collections
import java.util.IdentityHashMap
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

private const val CALLS = 200
private const val CLIENTS = 30
private const val BOUND = 60_000L

/** As many local calls may run at once. */
private const val LOCAL_CALLS = 4

private val DRAFT = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")

/** The threads of the library on which an app's code runs, as the JVM knows them. */
class LibraryThreadsTest {
    @TempDir
    lateinit var directory: File

    private val locals = threads()
    private val tellers = threads()

    /** Whether a thread was left interrupted by what ran on it before. */
    @Volatile private var wasInterrupted = false

    /** What the app's code leaves behind on its thread. */
    @Volatile private var leave: () -> Unit = {}

    private fun threads(): MutableSet<Thread> = Collections.synchronizedSet(Collections.newSetFromMap(IdentityHashMap()))

    private fun ran(on: MutableSet<Thread>) {
        on += Thread.currentThread()
        if (Thread.currentThread().isInterrupted) wasInterrupted = true
        leave()
    }

    private val keys =
        object : KeyStore {
            private var key: ByteArray? = null

            override fun load() = key.also { ran(locals) }

            override fun save(key: ByteArray) {
                this.key = key
                ran(locals)
            }
        }

    private val clock =
        object : Clock {
            override fun read() = ClockReading(Instant.parse("2021-09-30T18:12:00Z"), 60_000, "boot-1", null).also { ran(locals) }
        }

    private val ear =
        object : Notices {
            override fun changed(notices: List<Notice>) = ran(tellers)
        }

    private fun opened(folder: File = directory, tell: suspend (YorisoiClient) -> Unit) = runBlocking {
        val sandbox = File("../../../sandbox/manifest")
        val roots = sandbox.resolve("roots.txt").readLines()
        val manifest = sandbox.resolve("sandbox.cose").readBytes()
        val config = ClientConfig(folder.path, "https://127.0.0.1:1", roots, manifest)
        withTimeout(BOUND) { YorisoiClient.open(config, keys, clock, ear).use { tell(it) } }
    }

    @Test
    fun `they stay the same ones, and hold up no end of the app`() = opened { client ->
        repeat(CALLS) { client.saveDraft(DRAFT) }
        withContext(Dispatchers.Unconfined) {
            repeat(CALLS) {
                client.time()
                // Here the call goes on where the library told that it is over.
                locals += Thread.currentThread()
            }
        }
        locals -= Thread.currentThread()
        assertTrue(locals.size in 1..LOCAL_CALLS, "local calls ran on ${locals.size} threads")
        assertTrue(tellers.isNotEmpty() && locals.containsAll(tellers), "what a call changed is told on another thread than calls run on")
        for (thread in locals) assertTrue(thread.isDaemon, "$thread")
    }

    @Test
    fun `they end with the library, as does the thread that tells what a network call changed`() {
        repeat(CLIENTS) { number -> opened(directory.resolve("$number").apply { mkdir() }) { it.enroll(TICKET) } }
        val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BOUND)
        while ((tellers.size < CLIENTS || (locals + tellers).any(Thread::isAlive)) && System.nanoTime() < end) Thread.sleep(10)
        assertEquals(CLIENTS, tellers.size, "each has one of its own")
        assertEquals(emptySet(), locals intersect tellers)
        assertTrue(locals.size in CLIENTS..CLIENTS * (LOCAL_CALLS + 1), "${locals.size} threads")
        for (thread in locals + tellers) assertTrue(thread.isDaemon, "$thread")
        assertEquals(emptyList(), (locals + tellers).filter(Thread::isAlive))
    }

    @Test
    fun `an interrupt that the app's code left behind is not told to what runs there next`() = opened { client ->
        leave = { Thread.currentThread().interrupt() }
        repeat(CALLS) {
            client.saveDraft(DRAFT)
            client.changeRootKey()
        }
        assertFalse(wasInterrupted)
    }
}
