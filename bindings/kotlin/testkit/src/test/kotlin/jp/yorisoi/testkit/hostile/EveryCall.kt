package jp.yorisoi.testkit.hostile

import jp.yorisoi.core.ConsentState
import jp.yorisoi.core.ConsentText
import jp.yorisoi.core.LiveSession
import jp.yorisoi.core.Purpose
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.testkit.FakePhone
import jp.yorisoi.testkit.World
import jp.yorisoi.testkit.scenario.Arguments
import jp.yorisoi.testkit.scenario.CLIENT_CALLS
import jp.yorisoi.testkit.scenario.Exercised
import jp.yorisoi.testkit.scenario.Reading
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

private const val MOST_SHOWN = 300
private const val ID = "aaaaaaaaaaaaaaaaaaaaaa"
private const val DRAFT = """{"service": "obstetrics", "subject": "parent", "text": "眠れない日が"}"""

/** Every call of the library with arguments it understands. Some name nothing that is there; then an error is the answer. */
private val ARGUMENTS: Map<String, String> =
    CLIENT_CALLS.keys.associateWith { "{}" } +
        mapOf(
            "check_card" to """{"typed": "115GJ6HB7H6NWEY1"}""",
            "enroll" to """{"typed": "115GJ6HB7H6NWEY1"}""",
            "enroll_with_phrase" to """{"programme": "fuchu-2021", "phrase": "ゆきどけのみち"}""",
            "tell_family_fact" to """{"fact": {"delivered": {"day": {"known": {"day": "2021-08-20"}}}}}""",
            "ask" to """{"service": "pediatrics", "subject": "parent", "text": "夜中に咳きこみます。"}""",
            "follow_up" to """{"consultation": "$ID", "text": "…"}""",
            "save_draft" to """{"draft": $DRAFT}""",
            "drafts" to """{"after": null, "most": 50}""",
            "send_draft" to """{"id": "$ID"}""",
            "mark_draft_ready" to """{"id": "$ID", "ready": true}""",
            "discard_draft" to """{"id": "$ID"}""",
            "add_photo" to """{"draft": "$ID", "path": "nowhere"}""",
            "photos" to """{"owner": "$ID"}""",
            "write_photo" to """{"owner": "$ID", "photo": "$ID", "path": "nowhere"}""",
            "remove_photo" to """{"draft": "$ID", "photo": "$ID"}""",
            "consultations" to """{"after": null, "most": 50}""",
            "messages" to """{"consultation": "$ID", "before": null, "most": 50}""",
            "mark_read" to """{"consultation": "$ID", "seen": 1}""",
            "search" to """{"words": "夜中"}""",
            "answer_survey" to """{"answers": {}}""",
            "decide_consent" to
                """{"purpose": "statistics", "state": "deny", "text": {"id": "statistics-ja-1", "language": "ja", "text": "…"}}""",
            "consent_standing" to """{"purpose": "survey", "text_id": "survey-ja-1"}""",
            "set_loss_mode" to """{"on": false}""",
            "export_archive" to """{"path": "/nowhere/at/all.zip"}""",
            "discard_set_aside" to """{"number": 1}""",
            "sync_within" to """{"budget": {"seconds": 5, "metered": true, "low_power": false}}""",
        )

/** A call, ready to be made. */
class ReadyCall(val name: String, val arguments: JsonElement = Json.parseToJsonElement(ARGUMENTS.getValue(name))) {
    /** The same with other arguments. */
    fun with(arguments: JsonElement) = ReadyCall(name, arguments)

    /** Makes it. What it gives is not looked at; a session is ended. */
    suspend fun make(client: YorisoiClient) {
        val given = Arguments(arguments as JsonObject, Reading(Exercised(file = null)))
        val came = CLIENT_CALLS.getValue(name).invoke(given, client)
        given.allRead()
        (came as? LiveSession)?.close()
    }

    override fun toString() = "$name $arguments".take(MOST_SHOWN)
}

/** All of them. */
val EVERY_CALL: List<ReadyCall> = CLIENT_CALLS.keys.map { ReadyCall(it) }

/** A phone that is enrolled and may ask. */
suspend fun FakePhone.enrolled(world: World): YorisoiClient {
    val client = open()
    client.enroll(world.issueCard().code)
    client.decideConsent(Purpose.SERVICE, ConsentState.GRANT, ConsentText("service-ja-1", "ja", "…"))
    return client
}
