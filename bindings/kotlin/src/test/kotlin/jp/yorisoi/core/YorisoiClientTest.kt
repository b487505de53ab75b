package jp.yorisoi.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.OffsetDateTime
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotNull

private const val CARD = "115GJ6HB7H6NWEY1"

/** The same card with one slip in its second group (`H` for `6`), as a Japanese keyboard writes it. */
private const val WRONG_CARD = "１１５Ｇー ＪＨＨＢー７Ｈ６ＮーＷＥＹ１"

private class KeyInMemory : KeyStore {
    private var key: ByteArray? = null

    override fun load() = key

    override fun save(key: ByteArray) {
        this.key = key
    }
}

/** A quarter past three at night, within the programme. A closed [gate] keeps a call of the library waiting. */
private class FixedClock : Clock {
    val reached = CompletableDeferred<Unit>()

    @Volatile var gate: CountDownLatch? = null

    override fun read(): ClockReading {
        gate?.let {
            reached.complete(Unit)
            it.await(10, TimeUnit.SECONDS)
        }
        val wall = OffsetDateTime.parse("2021-10-01T03:12:00+09:00").toInstant()
        return ClockReading(wall, 60_000, "boot-1", null)
    }
}

private class Recorded : Notices {
    val heard = LinkedBlockingQueue<Notice>()

    override fun changed(notices: List<Notice>) {
        heard.addAll(notices)
    }
}

/** The library as an app meets it: opened, called, and given an app's own objects. No network. */
class YorisoiClientTest {
    @TempDir
    lateinit var directory: File

    private val clock = FixedClock()
    private val notices = Recorded()

    private fun open(keys: KeyStore = KeyInMemory()): YorisoiClient {
        uniffiEnsureInitialized()
        val programme = File("../../sandbox/programmes/fuchu-2021.json").readText()
        val config = ClientConfig(directory.path, "https://soudan.example.jp", listOf(programme))
        return YorisoiClient.open(config, keys, clock, notices)
    }

    private fun opened(story: suspend (YorisoiClient) -> Unit) = open().use { runBlocking { story(it) } }

    @Test
    fun `119 stands first`() = opened { client ->
        assertEquals("119", client.safetyContacts().first().digits)
    }

    @Test
    fun `a slip is explained by its group`() = opened { client ->
        val error = assertFailsWith<YorisoiException.Card> { client.checkCard(WRONG_CARD) }
        assertEquals("card_check_failed", error.details.code)
        assertEquals(listOf(2u), error.groups)
    }

    @Test
    fun `a right card names its programme and may be redeemed`() = opened { client ->
        val card = client.checkCard(CARD)
        assertEquals("fuchu-2021", card.programme)
        val redeem = assertIs<Eligibility.Eligible>(card.redeem.eligibility)
        assertEquals(OffsetDateTime.parse("2022-01-01T00:00:00+09:00").toInstant(), redeem.until)
    }

    @Test
    fun `nobody asks before enrolling`() = opened { client ->
        val error = assertFailsWith<YorisoiException.Enrollment> {
            client.ask(Service.PEDIATRICS, Subject.Child(born = "2021-08-20"), "夜中に38度の熱が出ました。")
        }
        assertEquals("not_enrolled", error.details.code)
    }

    @Test
    fun `a draft is kept and its notice arrives`() = opened { client ->
        val draft = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")
        val id = client.saveDraft(draft)
        val kept = client.drafts().single()
        assertEquals(id to draft.text, kept.id to kept.text)
        assertEquals(Subject.Parent, kept.subject)
        assertEquals(Notice.Drafts, notices.heard.poll(5, TimeUnit.SECONDS))
    }

    @Test
    fun `a key store that throws is failing, not a crash`() {
        val broken = object : KeyStore {
            override fun load(): ByteArray = error("the keystore's service died")

            override fun save(key: ByteArray) = error("the keystore's service died")
        }
        val error = assertFailsWith<YorisoiException.Key> { open(broken) }
        assertEquals("key_failing", error.details.code)
    }

    @Test
    fun `a cancelled call does not break the next one`() = opened { client ->
        val gate = CountDownLatch(1)
        clock.gate = gate
        withTimeout(5_000) {
            val call = launch(Dispatchers.Default) { client.time() }
            clock.reached.await()
            call.cancelAndJoin()
        }
        clock.gate = null
        gate.countDown()
        assertEquals(clock.read().wall, client.time().now)
    }

    @Test
    fun `every step has words`() {
        for (step in MessageStep.entries) {
            val words = messageStepWords(step)
            assertNotNull(words.ja.ifEmpty { null }, "$step")
            assertNotNull(words.en.ifEmpty { null }, "$step")
        }
    }
}
