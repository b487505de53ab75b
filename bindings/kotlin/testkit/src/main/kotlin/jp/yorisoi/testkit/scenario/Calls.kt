package jp.yorisoi.testkit.scenario

import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.compiledInContacts
import jp.yorisoi.core.lockScreenWords
import jp.yorisoi.core.messageStepWords
import kotlinx.serialization.json.JsonObject
import kotlin.reflect.KType
import kotlin.reflect.typeOf

/** The arguments of one call, read as the types that the library asks for. */
internal class Arguments(private val with: JsonObject, private val reading: Reading) {
    private val left = with.keys.toMutableSet()

    inline fun <reified T> arg(name: String): T = read(name, typeOf<T>()) as T

    fun read(name: String, type: KType): Any? {
        left -= name
        val json = with[name]
        return when {
            json != null -> reading.value(json, type)
            type.isMarkedNullable -> null
            else -> throw ScenarioError("no argument `$name` in $with")
        }
    }

    /** Arguments that no call reads are as wrong as those that are missing. */
    fun allRead() {
        if (left.isNotEmpty()) throw ScenarioError("the call takes no $left")
    }
}

/** A call of a phone's library. */
internal typealias ClientCall = suspend Arguments.(YorisoiClient) -> Any?

/** Every call of [YorisoiClient] by its name in Rust, but `open` and `start_over`: a phone's `os` does these. */
internal val CLIENT_CALLS: Map<String, ClientCall> =
    mapOf(
        "time" to { it.time() },
        "safety_contacts" to { it.safetyContacts() },
        "red_flags" to { it.redFlags() },
        "check_card" to { it.checkCard(arg("typed")) },
        "enroll" to { it.enroll(arg("typed")) },
        "enroll_with_phrase" to { it.enrollWithPhrase(arg("programme"), arg("phrase")) },
        "manifest" to { it.manifest() },
        "refresh_manifest" to { it.refreshManifest() },
        "enrollment" to { it.enrollment() },
        "family_facts" to { it.familyFacts() },
        "tell_family_fact" to { it.tellFamilyFact(arg("fact")) },
        "may_ask" to { it.mayAsk() },
        "ask" to { it.ask(arg("service"), arg("subject"), arg("text")) },
        "follow_up" to { it.followUp(arg("consultation"), arg("text")) },
        "save_draft" to { it.saveDraft(arg("draft")) },
        "drafts" to { it.drafts(arg("after"), arg("most")) },
        "send_draft" to { it.sendDraft(arg("id")) },
        "mark_draft_ready" to { it.markDraftReady(arg("id"), arg("ready")) },
        "discard_draft" to { it.discardDraft(arg("id")) },
        "add_photo" to { it.addPhoto(arg("draft"), arg("path")) },
        "photos" to { it.photos(arg("owner")) },
        "write_photo" to { it.writePhoto(arg("owner"), arg("photo"), arg("path")) },
        "remove_photo" to { it.removePhoto(arg("draft"), arg("photo")) },
        "consultations" to { it.consultations(arg("after"), arg("most")) },
        "messages" to { it.messages(arg("consultation"), arg("before"), arg("most")) },
        "mark_read" to { it.markRead(arg("consultation"), arg("seen")) },
        "unread_count" to { it.unreadCount() },
        "search" to { it.search(arg("words")) },
        "change_root_key" to { it.changeRootKey() },
        "survey" to { it.survey() },
        "mark_survey_shown" to { it.markSurveyShown() },
        "answer_survey" to { it.answerSurvey(arg("answers")) },
        "decide_consent" to { it.decideConsent(arg("purpose"), arg("state"), arg("text")) },
        "consents" to { it.consents() },
        "consent_standing" to { it.consentStanding(arg("purpose"), arg("text_id")) },
        "loss_mode" to { it.lossMode() },
        "set_loss_mode" to { it.setLossMode(arg("on")) },
        "suspend" to { it.suspend() },
        "resume" to { it.resume() },
        "export_archive" to { it.exportArchive(arg("path")) },
        "erase" to { it.erase() },
        "erasures" to { it.erasures() },
        "finish_erasures" to { it.finishErasures() },
        "set_aside" to { it.setAside() },
        "hand_in_set_aside" to { it.handInSetAside() },
        "discard_set_aside" to { it.discardSetAside(arg("number")) },
        "sync" to { it.sync() },
        "sync_within" to { it.syncWithin(arg("budget")) },
        "sync_state" to { it.syncState() },
        "start_live" to { it.startLive() },
    )

/** Every function that needs no phone, by its name in Rust. */
internal val FREE_CALLS: Map<String, Arguments.() -> Any?> =
    mapOf(
        "message_step_words" to { messageStepWords(arg("step")) },
        "compiled_in_contacts" to { compiledInContacts() },
        "lock_screen_words" to { lockScreenWords() },
    )
