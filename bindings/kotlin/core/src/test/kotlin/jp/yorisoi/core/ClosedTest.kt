package jp.yorisoi.core

import com.sun.jna.Native
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.supervisorScope
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Instant
import java.util.concurrent.LinkedBlockingQueue
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

/** Throws what an app's own code may throw, an [Error] among it. */
private class Faulty(private val fault: Throwable) :
    KeyStore,
    Clock,
    Notices {
    override fun load(): ByteArray? = throw fault

    override fun save(key: ByteArray) = throw fault

    override fun read(): ClockReading = throw fault

    override fun changed(notices: List<Notice>) = throw fault
}

/** Has no key and cannot keep one. */
private class Forgetful(private val fault: Throwable) : KeyStore {
    override fun load() = null

    override fun save(key: ByteArray) = throw fault
}

private class Kept : KeyStore {
    private var key: ByteArray? = null

    override fun load() = key

    override fun save(key: ByteArray) {
        this.key = key
    }
}

/** What an app does with the library that it should not. */
class ClosedTest {
    @TempDir
    lateinit var directory: File

    private val roots = File("../../../sandbox/manifest/roots.txt").readLines()
    private val faulty = Faulty(NotImplementedError())

    private suspend fun open(keys: KeyStore = Kept(), clock: Clock = faulty) =
        YorisoiClient.open(ClientConfig(directory.path, "https://127.0.0.1:1", roots), keys, clock, faulty)

    @Test
    fun `what is closed says so with the library's own error, and closing it again does nothing`() = runBlocking {
        val client = open()
        val live = client.startLive()
        repeat(2) {
            live.close()
            client.close()
        }
        val calls = listOf<suspend () -> Unit>(
            { client.drafts(null, 10u) },
            { client.time() },
            { client.sync() },
            { client.startLive() },
            { live.stop() },
        )
        for (call in calls) {
            val error = assertFailsWith<YorisoiException.Setting> { call() }
            assertEquals("setting_invalid" to false, error.details.code to error.details.retryable)
        }
    }

    @Test
    fun `a call that is on its way when its client is closed comes to its own end`() = runBlocking {
        val keys = Kept()
        repeat(20) {
            supervisorScope {
                val client = open(keys)
                val early = List(4) { async(start = CoroutineStart.UNDISPATCHED) { client.drafts(null, 10u).total } }
                val late = List(4) { async(Dispatchers.Default) { client.drafts(null, 10u).total } }
                client.close()
                for (call in early) assertEquals(0uL, call.await())
                for (call in late) {
                    try {
                        assertEquals(0uL, call.await())
                    } catch (error: YorisoiException.Setting) {
                        assertEquals("setting_invalid", error.details.code)
                    }
                }
            }
        }
    }

    @Test
    fun `what the app's own code throws is caught, an Error too`() = runBlocking {
        // Would print what was thrown, whatever stands in it.
        val uncaught = LinkedBlockingQueue<Throwable>()
        Native.setCallbackExceptionHandler { _, thrown -> uncaught.add(thrown) }
        for (fault in listOf(NotImplementedError(), StackOverflowError(), IllegalStateException())) {
            for (keys in listOf(Faulty(fault), Forgetful(fault))) {
                val error = assertFailsWith<YorisoiException.Key> { open(keys) }
                assertEquals("key_failing", error.details.code)
            }
            open(clock = Faulty(fault)).use { client ->
                client.time()
                client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が"))
                assertNull(client.manifest())
            }
            directory.listFiles()!!.forEach { it.deleteRecursively() }
        }
        assertEquals(listOf(), uncaught.toList())
    }
}
