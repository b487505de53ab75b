package jp.yorisoi.core.android

import jp.yorisoi.core.Changes
import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import jp.yorisoi.core.NewDraft
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SyncBudget
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.YorisoiClientInterface
import jp.yorisoi.core.YorisoiException
import kotlinx.coroutines.runBlocking
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import java.io.File
import java.security.KeyStoreException
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import java.time.Instant
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** The library itself with the key store, the clock and the folder of this module. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ParentsApp::class)
class LibraryOnAPhoneTest {
    private val app = RuntimeEnvironment.getApplication() as ParentsApp
    private val directory = YorisoiDirectory.of(app, "person-1")
    private val faults = Faults()
    private val keys = FakeWrappingKeys(faults = faults)
    private val sandbox = File("../../../sandbox/manifest")
    private val config =
        ClientConfig(
            directory.path,
            "https://127.0.0.1:1",
            sandbox.resolve("roots.txt").readLines(),
            sandbox.resolve("sandbox.cose").readBytes(),
        )
    private val draft = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")
    private val store get() = AndroidKeyStore(directory, keys, PhoneFiles) { true }

    private fun open(clock: Clock = AndroidClock(app)) = runBlocking { YorisoiClient.open(config, store, clock, Changes()) }

    private fun startOver() = runBlocking { YorisoiClient.startOver(config, store, AndroidClock(app), Changes()) }

    private fun written() = runBlocking {
        open().use { it.saveDraft(draft) }
    }

    private fun drafts() = runBlocking { open().use { it.drafts(null, 10u).total } }

    private fun code() = assertFailsWith<YorisoiException.Key> { open() }.details.code

    @Test
    fun `what was written is there at the next start`() {
        written()
        assertEquals(1uL, drafts())
        assertEquals(setOf("root-key", "store"), directory.key.parentFile!!.list()!!.toSet())
    }

    @Test
    fun `a Keystore that fails is not one without a key, and nothing is lost`() {
        written()
        faults.arm(0, Int.MAX_VALUE) { KeyStoreException("on purpose") }
        assertEquals("key_failing", code())
        assertFailsWith<YorisoiException.Key> { startOver() }
        faults.heal()
        keys.isDeaf = true
        assertEquals("key_failing", code())
        keys.isDeaf = false
        assertEquals(1uL, drafts())
    }

    @Test
    fun `a key that is gone is said to be, and the person starts over`() {
        written()
        keys.names().forEach(keys::delete)
        assertEquals("key_missing", code())
        runBlocking { startOver().use { assertEquals(1, it.setAside().size) } }
        assertEquals(0uL, drafts())
    }

    @Test
    fun `from a Keystore that goes on failing the person starts over`() {
        written()
        // It fails for what it has, and makes new keys.
        faults.arm(0, 1) { UnrecoverableKeyException("on purpose") }
        store.setAside()
        runBlocking { startOver().use { assertEquals(1, it.setAside().size) } }
        assertEquals(1, faults.struck)
        assertEquals(0uL, drafts())
    }

    @Test
    fun `a Keystore that comes to itself before the person starts over has lost nothing`() {
        written()
        faults.arm(0, Int.MAX_VALUE) { UnrecoverableKeyException("on purpose") }
        store.setAside()
        assertEquals("key_missing", code())
        faults.heal()
        runBlocking { startOver().use { assertEquals(emptyList(), it.setAside()) } }
        assertEquals(1uL, drafts())
    }

    @Test
    fun `changing the root key leaves one wrapping key, and erasing makes another`() {
        written()
        val first = keys.names()
        runBlocking { open().use { it.changeRootKey() } }
        val second = keys.names()
        assertEquals(1, second.size)
        assertTrue((first intersect second).isEmpty())
        assertEquals(1uL, drafts())
        val copy = directory.key.readBytes()
        runBlocking { open().use { it.erase() } }
        assertEquals(1, keys.names().size)
        assertTrue((second intersect keys.names()).isEmpty())
        assertTrue(!copy.contentEquals(directory.key.readBytes()))
        assertEquals(0uL, drafts())
    }

    @Test
    fun `changing the root key, each call of the Keystore may fail and the draft is there`() {
        written()
        var call = 0
        do {
            runBlocking {
                open().use {
                    faults.arm(call, 1) { ProviderException("on purpose") }
                    runCatching { it.changeRootKey() }
                }
            }
            val struck = faults.struck
            faults.heal()
            assertEquals(1uL, drafts(), "call $call")
            call += 1
        } while (struck > 0)
        assertTrue(call > 4)
    }

    @Test
    fun `a sync in the background that reaches nobody plans the next for when the library says`() {
        val client = open(Night())
        PlannedWork(app) { Blocking(client) }.use { work ->
            // Without a place there is nothing to sync, and nothing to try again.
            BackgroundSync(app, directory).soon()
            work.run(SyncPlan.once("person-1"))
            assertEquals(emptyList(), work.planned(SyncPlan.once("person-1")))
            runBlocking { client.enroll(TICKET) }
            BackgroundSync(app, directory).soon()
            work.run(SyncPlan.once("person-1"))
            val delay = work.planned(SyncPlan.once("person-1")).single().initialDelay
            assertTrue(delay in 10_000..30_000, "the library waits 15 to 30 seconds: $delay")
        }
        client.close()
    }

    /** The same library, whose calls are over when they return. */
    private class Blocking(private val client: YorisoiClient) : YorisoiClientInterface by client {
        override suspend fun syncWithin(budget: SyncBudget) = runBlocking { client.syncWithin(budget) }

        override suspend fun syncState() = runBlocking { client.syncState() }

        override suspend fun time() = runBlocking { client.time() }
    }

    /** A quarter past three, years ago: the phone's own clock is not asked when the next try is planned. */
    private class Night : Clock {
        override fun read() = ClockReading(Instant.parse("2021-09-30T18:12:00Z"), 60_000, "boot-1", null)
    }

    private companion object {
        /** The QR code of the sandbox's card 11500000000012HH, good from 2 August to 31 December 2021. */
        const val TICKET =
            "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC" +
                "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"
    }
}
