package jp.yorisoi.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.io.File
import java.time.OffsetDateTime
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.zip.ZipInputStream
import javax.imageio.ImageIO
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

internal const val CARD = "115GJ6HB7H6NWEY1"

/** The same card with one slip in its second group (`H` for `6`), as a Japanese keyboard writes it. */
private const val WRONG_CARD = "１１５Ｇー ＪＨＨＢー７Ｈ６ＮーＷＥＹ１"

/**
 * The QR code of the sandbox's card 11500000000012HH, good from 2 August to 31 December 2021:
 * `yorisoi_sandbox::trust::ticket` of `EnrollmentCode::issue(37, 1)`.
 */
internal const val TICKET =
    "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC" +
        "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"

/** Nobody listens there. */
private const val NO_SERVER = "https://127.0.0.1:1"

private val programmeEnds = OffsetDateTime.parse("2022-01-01T00:00:00+09:00").toInstant()

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

    private val sandbox = File("../../../sandbox/manifest")
    private val roots = sandbox.resolve("roots.txt").readLines()
    private val manifest = sandbox.resolve("sandbox.cose").readBytes()

    private suspend fun open(
        keys: KeyStore = KeyInMemory(),
        roots: List<String> = this.roots,
        manifest: ByteArray? = this.manifest,
    ): YorisoiClient = YorisoiClient.open(ClientConfig(directory.path, NO_SERVER, roots, manifest), keys, clock, notices)

    private fun opened(story: suspend (YorisoiClient) -> Unit) = runBlocking { open().use { story(it) } }

    @Test
    fun `119 stands first`() = opened { client ->
        val shown = client.safetyContacts()
        assertEquals("119", shown.first().contact.digits)
        assertEquals("119", compiledInContacts().first().contact.digits)
        val open = assertIs<HoursNow.Open>(shown.first { it.contact.short == "#8000" }.hoursNow)
        assertEquals(OffsetDateTime.parse("2021-10-01T08:00:00+09:00").toInstant(), open.until)
    }

    @Test
    fun `published signs are there before enrolling`() = opened { client ->
        val lists = client.redFlags()
        assertEquals(listOf(RedFlagAudience.INFANT, RedFlagAudience.PARENT), lists.map { it.audience })
        assertEquals(listOf(64, 64), lists.map { it.sha256.length })
    }

    @Test
    fun `nothing is granted beforehand and no survey is shown before enrolling`() = opened { client ->
        assertIs<Standing.NeverAsked>(client.consentStanding(Purpose.SURVEY, "survey-ja-1"))
        assertFailsWith<YorisoiException.Enrollment> { client.markSurveyShown() }
    }

    @Test
    fun `a lock screen says one thing only`() {
        assertEquals("お知らせがあります", lockScreenWords().ja)
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
        assertEquals(CardKind.Code, card.kind)
        assertEquals(Eligibility.Eligible(programmeEnds), card.redeem.eligibility)
    }

    @Test
    fun `a ticket is verified on the phone`() = opened { client ->
        val card = client.checkCard(TICKET)
        assertEquals("fuchu-2021", card.programme)
        assertEquals(CardKind.Ticket(provisional = Eligibility.Eligible(programmeEnds)), card.kind)
    }

    @Test
    fun `a ticket with a changed signature is not believed`() = opened { client ->
        val changed = TICKET.replaceRange(TICKET.length - 20, TICKET.length - 19, "A")
        val error = assertFailsWith<YorisoiException.Card> { client.checkCard(changed) }
        assertEquals("ticket_signature_wrong", error.details.code)
    }

    @Test
    fun `a ticket gives a provisional place without network`() = opened { client ->
        val place = client.enroll(TICKET)
        assertEquals(EnrollmentState.Provisional(until = programmeEnds), place.state)
        assertEquals(Trust.HOUSEHOLD_CARD, place.trust)
        assertNull(place.enrollment)
        assertNull(place.member)
        assertEquals(place, client.enrollment())
        assertEquals(Notice.Enrollment, notices.heard.poll(5, TimeUnit.SECONDS))
    }

    @Test
    fun `a typed code waits for the network, and so does a phrase`() = opened { client ->
        val calls = listOf<suspend () -> Unit>(
            { client.enroll(CARD) },
            { client.enrollWithPhrase("fuchu-2021", "ゆきどけのみち") },
            { client.refreshManifest() },
        )
        for (call in calls) {
            val error = assertFailsWith<YorisoiException.Network> { call() }
            assertEquals("network_unreachable" to true, error.details.code to error.details.retryable)
        }
        assertNull(client.enrollment())
    }

    @Test
    fun `a sync in the background that reached nobody says so and is not tried again at once`() = opened { client ->
        val budget = SyncBudget(seconds = 5u, metered = true, lowPower = false)
        client.enroll(TICKET)
        val error = assertFailsWith<YorisoiException.Network> { client.syncWithin(budget) }
        val state = client.syncState()
        val attempt = assertNotNull(state.lastAttempt)
        assertEquals(error.details.code to 1u, attempt.outcome to attempt.failures)
        assertEquals(error.details.words.ja, attempt.words.ja)
        assertEquals(PauseReason.FAILED_BEFORE, assertNotNull(state.pause).why)
        val report = client.syncWithin(budget)
        assertIs<SyncEnd.TooEarly>(report.ended)
        assertEquals(0u, report.requests)
    }

    @Test
    fun `the manifest the app brings along is in force`() = opened { client ->
        val view = assertNotNull(client.manifest())
        assertEquals(1uL, view.version)
        assertEquals(OffsetDateTime.parse("2023-01-01T00:00:00+09:00").toInstant(), view.notAfter)
        assertEquals(false to false, view.degraded to view.updateNeeded)
    }

    @Test
    fun `without a manifest no card is read, and 119 still stands first`() = runBlocking {
        open(manifest = null).use { client ->
            assertNull(client.manifest())
            val error = assertFailsWith<YorisoiException.Enrollment> { client.checkCard(TICKET) }
            assertEquals("manifest_missing", error.details.code)
            assertEquals("119", client.safetyContacts().first().contact.digits)
        }
    }

    @Test
    fun `one root is not enough`() = runBlocking {
        val error = assertFailsWith<YorisoiException.Setting> { open(roots = roots.take(1)) }
        assertEquals("setting_invalid", error.details.code)
    }

    @Test
    fun `nobody asks before enrolling`() = opened { client ->
        val error = assertFailsWith<YorisoiException.Enrollment> {
            client.ask(Service.PEDIATRICS, Subject.Child(born = "2021-08-20"), "夜中に38度の熱が出ました。")
        }
        assertEquals("not_enrolled", error.details.code)
    }

    @Test
    fun `what is told of the family is kept, told differently and taken back`() = opened { client ->
        assertEquals(FamilyFacts(emptyList(), DateFact.NotTold, DateFact.NotTold, null), client.familyFacts())
        val twins = listOf(DateFact.Known("2021-08-20"), DateFact.Month(2021, 8u))
        client.tellFamilyFact(FamilyFact.Children(twins))
        assertEquals(Notice.Family, notices.heard.poll(5, TimeUnit.SECONDS))
        client.tellFamilyFact(FamilyFact.Delivered(DateFact.Known("2021-08-20")))
        client.tellFamilyFact(FamilyFact.CaregiverSince(DateFact.Month(2021, 9u)))
        val told = FamilyFacts(twins, DateFact.Known("2021-08-20"), DateFact.Month(2021, 9u), null)
        assertEquals(told, client.familyFacts())
        client.setLossMode(true)
        assertEquals(told.copy(children = emptyList()), client.familyFacts())
        client.setLossMode(false)
        client.tellFamilyFact(FamilyFact.Delivered(DateFact.NotTold))
        assertEquals(told.copy(delivered = DateFact.NotTold), client.familyFacts())
    }

    @Test
    fun `a suspended library lets go of its files and goes on where it was`() = opened { client ->
        client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が"))
        client.suspend()
        val error = assertFailsWith<YorisoiException.Suspended> { client.drafts(null, 10u) }
        assertEquals("suspended" to true, error.details.code to error.details.retryable)
        assertEquals(listOf("yorisoi.db"), directory.list()!!.toList())
        client.resume()
        assertEquals(listOf("眠れない日が"), client.drafts(null, 10u).drafts.map { it.text })
    }

    @Test
    fun `after a change of the root key only the new one opens what is stored`() = runBlocking {
        val keys = KeyInMemory()
        open(keys).use { client ->
            client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が"))
            val before = keys.load()!!
            client.changeRootKey()
            assertFalse(before.contentEquals(keys.load()))
            assertEquals(1uL, client.drafts(null, 10u).total)
            val old = KeyInMemory().apply { save(before) }
            assertEquals("key_foreign", assertFailsWith<YorisoiException.Key> { open(old) }.details.code)
        }
        open(keys).use { client -> assertEquals(1uL, client.drafts(null, 10u).total) }
    }

    @Test
    fun `erasing leaves nothing, changes the key and tells nobody of who was nowhere`() = runBlocking {
        val keys = KeyInMemory()
        open(keys).use { client ->
            client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が"))
            val before = keys.load()!!
            client.erase()
            assertFalse(before.contentEquals(keys.load()))
            assertEquals(0uL, client.drafts(null, 10u).total)
            assertEquals(emptyList(), client.erasures())
            assertEquals(emptyList(), client.finishErasures())
        }
        open(keys).use { client -> assertEquals(0uL, client.drafts(null, 10u).total) }
    }

    @Test
    fun `a photo loses its metadata and comes back from a draft`() = opened { client ->
        val draft = client.saveDraft(NewDraft(null, Service.PEDIATRICS, Subject.Parent, null, "発疹です"))
        val heic = File(directory, "photo.jpg").apply { writeBytes("\u0000\u0000\u0000\u0018ftypheic".toByteArray() + ByteArray(12)) }
        val error = assertFailsWith<YorisoiException.Input> { client.addPhoto(draft, heic.path) }
        assertEquals("photo_not_supported", error.details.code)
        val image = BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB)
        val png = File(directory, "photo.bin").also { ImageIO.write(image, "png", it) }
        val photo = client.addPhoto(draft, png.path)
        assertEquals(Triple(PhotoKind.PNG, 3u, 2u), Triple(photo.kind, photo.width, photo.height))
        assertEquals(listOf(photo), client.photos(draft))
        val out = File(directory, "out.png")
        client.writePhoto(draft, photo.id, out.path)
        assertEquals(photo.bytes.toLong() to 3, out.length() to ImageIO.read(out).width)
        client.removePhoto(draft, photo.id)
        assertFailsWith<YorisoiException.NotFound> { client.removePhoto(draft, photo.id) }
    }

    @Test
    fun `an export is read from front to back and never written into the library's own directory`() = opened { client ->
        client.saveDraft(NewDraft(null, Service.PEDIATRICS, Subject.Parent, null, "発疹です"))
        val archive = File.createTempFile("soudan", ".zip")
        try {
            client.exportArchive(archive.path)
            val files = ZipInputStream(archive.inputStream()).use { zip ->
                generateSequence { zip.nextEntry }.associate { it.name to zip.readBytes().decodeToString() }
            }
            assertEquals(setOf("index.html", "yorisoi.json"), files.keys)
            assertTrue("発疹です" in files.getValue("index.html") && "発疹です" in files.getValue("yorisoi.json"))
        } finally {
            archive.delete()
        }
        assertFailsWith<YorisoiException.Setting> { client.exportArchive(File(directory, "soudan.zip").path) }
    }

    @Test
    fun `lists are empty pages before anything is written`() = opened { client ->
        val page = client.consultations(null, 10u)
        assertEquals(ConsultationPage(emptyList(), 0uL, 0u, null), page)
        assertFailsWith<YorisoiException.NotFound> { client.messages("a".repeat(22), null, 10u) }
    }

    @Test
    fun `moving out is told once there is a place`() = opened { client ->
        val moved = FamilyFact.MovedOut("2021-10-01")
        val error = assertFailsWith<YorisoiException.Enrollment> { client.tellFamilyFact(moved) }
        assertEquals("not_enrolled", error.details.code)
        client.enroll(TICKET)
        client.tellFamilyFact(moved)
        assertEquals("2021-10-01", client.familyFacts().movedOut)
        val dayAfter = OffsetDateTime.parse("2021-10-02T00:00:00+09:00").toInstant()
        assertEquals(Eligibility.Eligible(until = dayAfter), client.mayAsk().eligibility)
        client.tellFamilyFact(FamilyFact.MovedOut(null))
        assertEquals(Eligibility.Eligible(programmeEnds), client.mayAsk().eligibility)
    }

    @Test
    fun `a date that cannot be is no fact`() = opened { client ->
        val ahead = FamilyFact.Delivered(DateFact.Known("2021-10-03"))
        val input = assertFailsWith<YorisoiException.Input> { client.tellFamilyFact(ahead) }
        assertEquals("date_in_future", input.details.code)
        val noDate = FamilyFact.Children(listOf(DateFact.Known("8月20日")))
        val setting = assertFailsWith<YorisoiException.Setting> { client.tellFamilyFact(noDate) }
        assertEquals("setting_invalid", setting.details.code)
    }

    @Test
    fun `a draft is kept and its notice arrives`() = opened { client ->
        val draft = NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が")
        val id = client.saveDraft(draft)
        val kept = client.drafts(null, 10u).drafts.single()
        assertEquals(id to draft.text, kept.id to kept.text)
        assertEquals(Subject.Parent, kept.subject)
        assertEquals(Notice.Drafts, notices.heard.poll(5, TimeUnit.SECONDS))
        assertEquals(listOf<FoundIn>(FoundIn.Draft(id)), client.search("眠れ").map { it.foundIn })
    }

    @Test
    fun `half a character is written as the sign for what cannot be read`() = opened { client ->
        client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れ\uD83D\uDE2A \uD83D"))
        assertEquals("眠れ😪 \uFFFD", client.drafts(null, 10u).drafts.single().text)
    }

    @Test
    fun `a key store that throws is failing, not a crash`() = runBlocking {
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
