package jp.yorisoi.core

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.Runnable
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.io.TempDir
import java.io.Closeable
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Instant
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.coroutines.CoroutineContext
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

private class OneKey : KeyStore {
    private var key: ByteArray? = null

    override fun load() = key

    override fun save(key: ByteArray) {
        this.key = key
    }
}

private class At(private val moment: Instant) : Clock {
    override fun read() = ClockReading(moment, 60_000, "boot-1", null)
}

private class NoEar : Notices {
    override fun changed(notices: List<Notice>) = Unit
}

/** A server that takes every connection and says nothing. */
private class Silent : Closeable {
    private val listener = ServerSocket(0, 8, InetAddress.getLoopbackAddress())

    val address = "http://127.0.0.1:${listener.localPort}"

    /** The next connection, once what it asked has begun to arrive. */
    suspend fun asked(): Socket = withContext(Dispatchers.IO) {
        listener.soTimeout = 10_000
        listener.accept().also {
            it.soTimeout = 10_000
            it.getInputStream().read()
        }
    }

    override fun close() = listener.close()
}

/** Reads until the other end is gone. */
private suspend fun Socket.ends() = withContext(Dispatchers.IO) {
    val scrap = ByteArray(4096)
    do {
        val read = getInputStream().read(scrap)
    } while (read >= 0)
    close()
}

/** Runs only what it is told to, so that a test decides what comes first. */
private class ByHand : CoroutineDispatcher() {
    private val waiting = LinkedBlockingQueue<Runnable>()

    override fun dispatch(context: CoroutineContext, block: Runnable) = waiting.put(block)

    /** The next thing to run once there is one, or nothing once [job] is over. */
    fun next(job: Job): Runnable? {
        while (!job.isCompleted) waiting.poll()?.let { return it }
        return waiting.poll()
    }
}

/** What becomes of a call whose coroutine is cancelled. */
class CancellationTest {
    @TempDir
    lateinit var directory: File

    private val sandbox = File("../../../sandbox/manifest")
    private val server = Silent()
    private val keys = OneKey()

    private suspend fun open(): YorisoiClient {
        val (roots, manifest) = sandbox.resolve("roots.txt").readLines() to sandbox.resolve("sandbox.cose").readBytes()
        val config = ClientConfig(directory.path, server.address, roots, manifest)
        return YorisoiClient.open(config, keys, At(Instant.ofEpochSecond(1_633_025_520)), NoEar())
    }

    private fun withServer(story: suspend () -> Unit) = server.use { runBlocking { withTimeout(30_000) { story() } } }

    @Test
    fun `a call that is cancelled ends at once, with its connection, and the next one begins`() = withServer {
        open().use { client ->
            val calls = listOf<suspend () -> Unit>(
                { client.enroll(CARD) },
                { client.refreshManifest() },
                { client.enroll(TICKET) },
                { client.sync() },
                { client.sync() },
            )
            for (call in calls) {
                coroutineScope {
                    val hanging = async { call() }
                    val connection = server.asked()
                    hanging.cancel()
                    assertFailsWith<CancellationException> { hanging.await() }
                    connection.ends()
                }
            }
        }
    }

    @Test
    fun `a coroutine that is cancelled begins no call`() = withServer {
        open().use { client ->
            val draft = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")
            coroutineScope {
                launch(start = CoroutineStart.UNDISPATCHED) {
                    currentCoroutineContext().cancel()
                    assertFailsWith<CancellationException> { client.saveDraft(draft) }
                }
            }
            assertEquals(0uL, client.drafts(null, 10u).total)
        }
    }

    @Test
    fun `a client that opens as its coroutine is cancelled is closed`() = withServer {
        val before = threads()
        // Cancelled a little later each time: before the call's last step, while it runs, after it.
        for (delay in 0L until 200_000L step 500L) {
            supervisorScope {
                val byHand = ByHand()
                val opening = async(byHand) { open() }
                byHand.next(opening)?.run()
                val last = byHand.next(opening)
                val begins = CountDownLatch(1)
                val cancelling =
                    thread {
                        begins.await()
                        val due = System.nanoTime() + delay
                        while (System.nanoTime() < due) Thread.onSpinWait()
                        opening.cancel()
                    }
                begins.countDown()
                last?.run()
                cancelling.join()
                while (!opening.isCompleted) byHand.next(opening)?.run()
                if (!opening.isCancelled) opening.await().close()
            }
        }
        val patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10)
        while (threads() != before && System.nanoTime() < patience) Thread.onSpinWait()
        assertEquals(before, threads())
    }

    /** How many clients are open, by their threads. */
    private fun threads() = File("/proc/self/task").listFiles()!!.count { thread ->
        runCatching { thread.resolve("comm").readText().trim() }.getOrNull() == "yorisoi-network"
    }
}
