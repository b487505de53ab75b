package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.ClinicianRole
import jp.yorisoi.core.ConsultationPage
import jp.yorisoi.core.DateFact
import jp.yorisoi.core.ErrorDetails
import jp.yorisoi.core.FamilyFact
import jp.yorisoi.core.MessageStep
import jp.yorisoi.core.MessageView
import jp.yorisoi.core.NewDraft
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SurveyState
import jp.yorisoi.core.SurveyView
import jp.yorisoi.core.SyncBudget
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.SyncPause
import jp.yorisoi.core.Words
import jp.yorisoi.core.YorisoiException
import kotlinx.serialization.json.Json
import java.time.Instant
import kotlin.reflect.typeOf
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** Values as JSON, and back. */
class ValuesTest {
    private val exercised = Exercised(file = null)
    private val rendering = Rendering(exercised)
    private val reading = Reading(exercised)

    private fun assertRendered(json: String, value: Any?) = assertEquals(Json.parseToJsonElement(json), rendering.json(value))

    private inline fun <reified T> read(json: String): T = reading.value(Json.parseToJsonElement(json), typeOf<T>()) as T

    @Test
    fun `names are written as in Rust`() {
        for ((name, snake) in listOf("notBefore" to "not_before", "HeldByServer" to "held_by_server", "SAVED_HERE" to "saved_here")) {
            assertEquals(snake, snakeCase(name))
        }
        assertEquals("sha256", snakeCase("sha256"))
    }

    @Test
    fun `a record is an object of all its members`() {
        val at = Instant.parse("2021-12-31T15:00:00Z")
        val message = MessageView("m", ClinicianRole.PEDIATRICIAN, "…", at, MessageStep.SAVED_HERE, null, at, Words("あ", "a"))
        assertRendered(
            """{"id": "m", "role": "pediatrician", "text": "…", "at": "2021-12-31T15:00:00.000Z", "step": "saved_here",
                "due": null, "held_since": "2021-12-31T15:00:00.000Z", "refusal": {"ja": "あ", "en": "a"}}""",
            message,
        )
        assertTrue(exercised.lines.containsAll(setOf("variant ClinicianRole.pediatrician", "variant MessageStep.saved_here")))
    }

    @Test
    fun `numbers without a sign are themselves up to the largest`() {
        assertRendered(
            """{"consultations": [], "total": 9223372036854775807, "unread": 4294967295, "next": 7}""",
            ConsultationPage(emptyList(), Long.MAX_VALUE.toULong(), UInt.MAX_VALUE, 7uL),
        )
    }

    @Test
    fun `a variant with fields names itself and one without is a word`() {
        assertRendered("""{"child": {"born": null}}""", Subject.Child(null))
        assertRendered(""""parent"""", Subject.Parent)
        val pause = SyncPause(Instant.EPOCH, jp.yorisoi.core.PauseReason.FAILED_BEFORE)
        assertRendered(
            """{"too_early": {"pause": {"not_before": "1970-01-01T00:00:00.000Z", "why": "failed_before"}}}""",
            SyncEnd.TooEarly(pause),
        )
        assertTrue(exercised.lines.containsAll(setOf("variant Subject.child", "variant Subject.parent", "variant SyncEnd.too_early")))
    }

    @Test
    fun `bytes maps and nothing`() {
        assertRendered(""""AQI="""", byteArrayOf(1, 2))
        assertRendered("null", Unit)
        val survey = SurveyView(emptyList(), SurveyState.ANSWERED, false, 3u, mapOf("q1" to 2u.toUByte(), "q2" to null))
        assertRendered(
            """{"items": [], "state": "answered", "reminder_due": false, "answered_version": 3, "answers": {"q1": 2, "q2": null}}""",
            survey,
        )
    }

    @Test
    fun `an error is its kind and code`() {
        val details = ErrorDetails("card_check_failed", false, Words("", ""))
        assertEquals(
            Json.parseToJsonElement(
                """{"kind": "card", "code": "card_check_failed", "retryable": false, "words": {"ja": "", "en": ""}, "groups": [2]}""",
            ),
            rendering.error(YorisoiException.Card(details, listOf(2u))),
        )
        assertEquals(
            Json.parseToJsonElement(
                """{"kind": "not_found", "code": "card_check_failed", "retryable": false, "words": {"ja": "", "en": ""}}""",
            ),
            rendering.error(YorisoiException.NotFound(details)),
        )
        assertTrue("error not_found" in exercised.lines)
    }

    @Test
    fun `what is no value of the border is not guessed at`() {
        assertFailsWith<IllegalStateException> { rendering.json(Thread.currentThread()) }
    }

    @Test
    fun `arguments are read as the types that are asked for`() {
        assertEquals(Service.PEDIATRICS, read<Service>(""""pediatrics""""))
        assertEquals(Subject.Child("2021-08-20"), read<Subject>("""{"child": {"born": "2021-08-20"}}"""))
        assertEquals(Subject.Child(null), read<Subject>("""{"child": {}}"""))
        assertEquals(Subject.Parent, read<Subject>(""""parent""""))
        assertEquals(
            FamilyFact.Children(listOf(DateFact.Month(2021, 8u), DateFact.NotTold)),
            read<FamilyFact>("""{"children": {"born": [{"month": {"year": 2021, "month": 8}}, "not_told"]}}"""),
        )
        assertEquals(
            NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, ""),
            read<NewDraft>("""{"service": "obstetrics", "subject": "parent", "text": ""}"""),
        )
        assertEquals(SyncBudget(5u, true, false), read<SyncBudget>("""{"seconds": 5, "metered": true, "low_power": false}"""))
        assertEquals(mapOf<String, UByte?>("a" to 3u, "b" to null), read<Map<String, UByte?>>("""{"a": 3, "b": null}"""))
        assertEquals(null, read<ULong?>("null"))
        assertContentEquals(byteArrayOf(1, 2), read<ByteArray>(""""AQI=""""))
        assertEquals(Instant.EPOCH, read<Instant>(""""1970-01-01T00:00:00.000Z""""))
        assertTrue(
            exercised.lines.containsAll(setOf("variant Service.pediatrics", "variant DateFact.not_told", "variant FamilyFact.children")),
        )
    }

    @Test
    fun `an argument that is none is refused`() {
        val wrong: List<() -> Any?> =
            listOf(
                { read<Service>(""""paediatrics"""") },
                { read<Subject>("""{"child": {"born": null, "name": "…"}}""") },
                { read<Subject>(""""child"""") },
                { read<Subject>("""{"parent": {}}""") },
                { read<NewDraft>("""{"service": "obstetrics", "subject": "parent"}""") },
                { read<UInt>("-1") },
                { read<UInt>(""""1"""") },
                { read<String>("1") },
                { read<Boolean>("\"true\"") },
                { read<UInt>("null") },
            )
        for ((index, case) in wrong.withIndex()) assertFailsWith<ScenarioError>("case $index") { case() }
    }
}
