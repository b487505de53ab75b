import Foundation
import YorisoiTestKit

/// Arguments that every call can be begun with, by the names of the calls.
struct CancelSamples {
    /// Which arguments each call has. A call that is not named has none.
    static let arguments: [String: [String]] = [
        "check_card": ["typed"], "enroll": ["typed"], "enroll_with_phrase": ["programme", "phrase"],
        "tell_family_fact": ["fact"], "ask": ["service", "subject", "text"],
        "follow_up": ["consultation", "text"], "save_draft": ["draft"], "drafts": ["after", "most"],
        "send_draft": ["id"], "mark_draft_ready": ["id", "ready"], "discard_draft": ["id"],
        "add_photo": ["draft", "path"], "photos": ["owner"], "write_photo": ["owner", "photo", "path"],
        "remove_photo": ["draft", "photo"], "consultations": ["after", "most"],
        "messages": ["consultation", "before", "most"], "mark_read": ["consultation", "seen"],
        "search": ["words"], "answer_survey": ["answers"], "decide_consent": ["purpose", "state", "text"],
        "consent_standing": ["purpose", "text_id"], "set_loss_mode": ["on"], "export_archive": ["path"],
        "discard_set_aside": ["number"], "sync_within": ["budget"],
    ]

    /// What the arguments are filled with.
    let card: String
    var draft: String
    let consultation: String
    let message: String
    var photo: String
    let picture: String

    /// The arguments of a call in one round. A path of `newPath` is another in every round.
    func with(_ call: String, newPath: String) -> [String: JSON] {
        let fixed: [String: JSON] = [
            "typed": .string(card), "programme": "fuchu-2021", "phrase": "ゆきどけのみち", "service": "obstetrics",
            "subject": "parent", "consultation": .string(consultation), "id": .string(draft), "ready": false,
            "fact": ["delivered": ["day": ["known": ["day": "2021-08-20"]]]], "after": nil, "before": nil, "most": 10,
            "owner": .string(message), "photo": .string(photo), "seen": 1, "words": "眠れ", "answers": [:],
            "purpose": "statistics", "state": "grant", "text_id": "service-ja-1", "on": false, "number": 1,
            "draft": .string(draft), "path": .string(newPath), "text": "眠れない日が続きます。",
            "budget": ["seconds": 5, "metered": false, "low_power": false],
        ]
        var with = fixed.filter { (Self.arguments[call] ?? []).contains($0.key) }
        switch call {
        case "save_draft":
            with["draft"] = ["id": .string(draft), "service": "obstetrics", "subject": "parent", "text": "眠れない"]
        case "decide_consent":
            with["text"] = ["id": "statistics-ja-1", "language": "ja", "text": "…"]
        case "add_photo":
            with["path"] = .string(picture)
        case "remove_photo", "write_photo":
            with["owner"] = with["owner"].map { _ in .string(draft) }
        default: break
        }
        return with
    }
}
