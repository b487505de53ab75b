import Yorisoi

/// Every function of the library, by its name in Rust. `open`, `start_over`, `start_live` and `stop` are the runner's:
/// they make and end what the others are called on.
enum Calls {
    typealias OfClient = @Sendable (YorisoiClient, inout Arguments) async throws -> any Sendable
    typealias Free = @Sendable (inout Arguments) throws -> any Sendable

    static let ofClient: [String: OfClient] =
        reading
        .merging(enrolling) { $1 }
        .merging(asking) { $1 }
        .merging(deciding) { $1 }
        .merging(keeping) { $1 }

    static let free: [String: Free] = [
        "compiled_in_contacts": { _ in compiledInContacts() },
        "lock_screen_words": { _ in lockScreenWords() },
        "message_step_words": { with in try messageStepWords(step: with("step")) },
    ]

    private static let reading: [String: OfClient] = [
        "time": { client, _ in try await client.time() },
        "safety_contacts": { client, _ in try await client.safetyContacts() },
        "red_flags": { client, _ in try await client.redFlags() },
        "consultations": { client, with in
            try await client.consultations(after: with("after"), most: with("most"))
        },
        "messages": { client, with in
            try await client.messages(
                consultation: with("consultation"), before: with("before"), most: with("most"))
        },
        "mark_read": { client, with in
            try await client.markRead(consultation: with("consultation"), seen: with("seen"))
        },
        "unread_count": { client, _ in try await client.unreadCount() },
        "search": { client, with in try await client.search(words: with("words")) },
        "sync": { client, _ in try await client.sync() },
        "sync_within": { client, with in try await client.syncWithin(budget: with("budget")) },
        "sync_state": { client, _ in try await client.syncState() },
    ]

    private static let enrolling: [String: OfClient] = [
        "check_card": { client, with in try await client.checkCard(typed: with("typed")) },
        "enroll": { client, with in try await client.enroll(typed: with("typed")) },
        "enroll_with_phrase": { client, with in
            try await client.enrollWithPhrase(programme: with("programme"), phrase: with("phrase"))
        },
        "manifest": { client, _ in try await client.manifest() },
        "refresh_manifest": { client, _ in try await client.refreshManifest() },
        "enrollment": { client, _ in try await client.enrollment() },
        "family_facts": { client, _ in try await client.familyFacts() },
        "tell_family_fact": { client, with in try await client.tellFamilyFact(fact: with("fact")) },
        "may_ask": { client, _ in try await client.mayAsk() },
    ]

    private static let asking: [String: OfClient] = [
        "ask": { client, with in
            try await client.ask(service: with("service"), subject: with("subject"), text: with("text"))
        },
        "follow_up": { client, with in
            try await client.followUp(consultation: with("consultation"), text: with("text"))
        },
        "save_draft": { client, with in try await client.saveDraft(draft: with("draft")) },
        "drafts": { client, with in try await client.drafts(after: with("after"), most: with("most")) },
        "send_draft": { client, with in try await client.sendDraft(id: with("id")) },
        "mark_draft_ready": { client, with in
            try await client.markDraftReady(id: with("id"), ready: with("ready"))
        },
        "discard_draft": { client, with in try await client.discardDraft(id: with("id")) },
        "add_photo": { client, with in try await client.addPhoto(draft: with("draft"), path: with("path")) },
        "photos": { client, with in try await client.photos(owner: with("owner")) },
        "write_photo": { client, with in
            try await client.writePhoto(owner: with("owner"), photo: with("photo"), path: with("path"))
        },
        "remove_photo": { client, with in
            try await client.removePhoto(draft: with("draft"), photo: with("photo"))
        },
    ]

    private static let deciding: [String: OfClient] = [
        "survey": { client, _ in try await client.survey() },
        "mark_survey_shown": { client, _ in try await client.markSurveyShown() },
        "answer_survey": { client, with in try await client.answerSurvey(answers: with("answers")) },
        "decide_consent": { client, with in
            try await client.decideConsent(purpose: with("purpose"), state: with("state"), text: with("text"))
        },
        "consents": { client, _ in try await client.consents() },
        "consent_standing": { client, with in
            try await client.consentStanding(purpose: with("purpose"), textId: with("text_id"))
        },
        "loss_mode": { client, _ in try await client.lossMode() },
        "set_loss_mode": { client, with in try await client.setLossMode(on: with("on")) },
    ]

    private static let keeping: [String: OfClient] = [
        "change_root_key": { client, _ in try await client.changeRootKey() },
        "suspend": { client, _ in try await client.suspend() },
        "resume": { client, _ in try await client.resume() },
        "export_archive": { client, with in try await client.exportArchive(path: with("path")) },
        "erase": { client, _ in try await client.erase() },
        "erasures": { client, _ in try await client.erasures() },
        "finish_erasures": { client, _ in try await client.finishErasures() },
        "set_aside": { client, _ in try await client.setAside() },
        "hand_in_set_aside": { client, _ in try await client.handInSetAside() },
        "discard_set_aside": { client, with in try await client.discardSetAside(number: with("number")) },
    ]
}
