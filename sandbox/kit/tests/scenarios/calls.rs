//! Every call of the library by its name.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::sync::SyncBudget;
use yorisoi_core::{YorisoiClient, YorisoiError};
use yorisoi_protocol::ids::{ConsultationId, MessageId, PhotoId};

use crate::arguments::Arguments;
use crate::exercised::note;
use crate::values::Shown;

/// Calls it. An error is one of the library; everything else that is wrong ends the test.
pub async fn call(
    client: &Arc<YorisoiClient>,
    name: &str,
    with: &mut Arguments,
) -> Result<Value, YorisoiError> {
    note(format!("call {name}"));
    if let Some(done) = network(client, name, with).await {
        return done;
    }
    // As an app must: what may block does not run where the network's work runs.
    tokio::task::block_in_place(|| {
        let rooms = [programme, consultations, drafts_and_photos, decisions, device];
        rooms
            .iter()
            .find_map(|room| room(client, name, with))
            .unwrap_or_else(|| panic!("there is no call `{name}`"))
    })
}

type Done = Option<Result<Value, YorisoiError>>;

fn done<T: Shown>(result: Result<T, YorisoiError>) -> Done {
    Some(result.map(|value| value.shown()))
}

fn named<T: ToString>(result: Result<T, YorisoiError>) -> Done {
    Some(result.map(|id| id.to_string().into()))
}

fn counted<T: Into<Value>>(result: Result<T, YorisoiError>) -> Done {
    Some(result.map(Into::into))
}

async fn network(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    match name {
        "enroll" => done(client.enroll(&with.text("typed")).await),
        "enroll_with_phrase" => {
            done(client.enroll_with_phrase(&with.text("programme"), &with.text("phrase")).await)
        }
        "refresh_manifest" => done(client.refresh_manifest().await),
        "sync" => done(client.sync().await),
        "sync_within" => {
            let budget = with.value("budget");
            let budget = SyncBudget {
                seconds: budget["seconds"].as_u64().unwrap().try_into().unwrap(),
                metered: budget["metered"].as_bool().unwrap(),
                low_power: budget["low_power"].as_bool().unwrap(),
            };
            done(client.sync_within(budget).await)
        }
        "hand_in_set_aside" => done(client.hand_in_set_aside().await),
        "finish_erasures" => done(client.finish_erasures().await),
        _ => None,
    }
}

fn programme(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    match name {
        "time" => done(Ok(client.time())),
        "safety_contacts" => done(Ok(client.safety_contacts())),
        "red_flags" => done(Ok(client.red_flags())),
        "check_card" => done(client.check_card(&with.text("typed"))),
        "manifest" => done(Ok(client.manifest())),
        "enrollment" => done(client.enrollment()),
        "family_facts" => done(client.family_facts()),
        "tell_family_fact" => done(with.family_fact("fact").and_then(|fact| client.tell_family_fact(fact))),
        "may_ask" => done(client.may_ask()),
        _ => None,
    }
}

fn consultations(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    let consultation = |with: &mut Arguments| with.id("consultation", ConsultationId::parse);
    match name {
        "ask" => {
            let (service, subject, text) =
                (with.service("service"), with.subject("subject"), with.text("text"));
            named(subject.and_then(|subject| client.ask(service, subject, &text)))
        }
        "follow_up" => {
            let text = with.text("text");
            done(consultation(with).and_then(|id| client.follow_up(id, &text)))
        }
        "consultations" => done(client.consultations(with.number_perhaps("after"), with.small("most"))),
        "messages" => {
            let before = with.number_perhaps("before").map(|before| before.try_into().unwrap());
            let most = with.small("most");
            done(consultation(with).and_then(|id| client.messages(id, before, most)))
        }
        "mark_read" => {
            let seen = with.small("seen");
            done(consultation(with).and_then(|id| client.mark_read(id, seen)))
        }
        "unread_count" => counted(client.unread_count()),
        "search" => done(client.search(&with.text("words"))),
        _ => None,
    }
}

fn drafts_and_photos(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    let message = |with: &mut Arguments, name: &str| with.id(name, MessageId::parse);
    match name {
        "save_draft" => named(new_draft(with).and_then(|draft| client.save_draft(&draft))),
        "drafts" => done(client.drafts(with.number_perhaps("after"), with.small("most"))),
        "send_draft" => named(message(with, "id").and_then(|id| client.send_draft(id))),
        "mark_draft_ready" => {
            let ready = with.yes_or_no("ready");
            done(message(with, "id").and_then(|id| client.mark_draft_ready(id, ready)))
        }
        "discard_draft" => done(message(with, "id").and_then(|id| client.discard_draft(id))),
        "add_photo" => {
            let path = with.text("path");
            done(message(with, "draft").and_then(|id| client.add_photo_file(id, Path::new(&path))))
        }
        "photos" => done(message(with, "owner").and_then(|id| client.photos(id))),
        "write_photo" => {
            let (path, photo) = (with.text("path"), with.id("photo", PhotoId::parse));
            let owner = message(with, "owner");
            done(owner.and_then(|owner| client.write_photo_file(owner, photo?, Path::new(&path))))
        }
        "remove_photo" => {
            let photo = with.id("photo", PhotoId::parse);
            done(message(with, "draft").and_then(|draft| client.remove_photo(draft, photo?)))
        }
        _ => None,
    }
}

fn new_draft(with: &mut Arguments) -> Result<NewDraft, YorisoiError> {
    let mut draft = Arguments::new(with.value("draft"));
    let new = NewDraft {
        id: draft.id_perhaps("id", MessageId::parse)?,
        service: draft.service("service"),
        subject: draft.subject("subject")?,
        consultation: draft.id_perhaps("consultation", ConsultationId::parse)?,
        text: draft.text("text"),
    };
    draft.finish();
    Ok(new)
}

fn decisions(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    match name {
        "survey" => done(client.survey()),
        "mark_survey_shown" => done(client.mark_survey_shown()),
        "answer_survey" => {
            let answers = serde_json::from_value(with.value("answers")).unwrap();
            done(client.answer_survey(&answers))
        }
        "decide_consent" => {
            let mut text = Arguments::new(with.value("text"));
            let seen =
                ConsentText { id: text.text("id"), language: text.text("language"), text: text.text("text") };
            text.finish();
            done(client.decide_consent(with.purpose("purpose"), with.consent_state("state"), &seen))
        }
        "consents" => done(client.consents()),
        "consent_standing" => done(client.consent_standing(with.purpose("purpose"), &with.text("text_id"))),
        "loss_mode" => counted(client.loss_mode()),
        "set_loss_mode" => done(client.set_loss_mode(with.yes_or_no("on"))),
        _ => None,
    }
}

fn device(client: &YorisoiClient, name: &str, with: &mut Arguments) -> Done {
    match name {
        "sync_state" => done(client.sync_state()),
        "change_root_key" => done(client.change_root_key()),
        "suspend" => {
            client.suspend();
            done(Ok(()))
        }
        "resume" => done(client.resume()),
        "export_archive" => done(client.export(Path::new(&with.text("path"))).map(|_| ())),
        "erase" => done(client.erase()),
        "erasures" => done(client.erasures()),
        "set_aside" => done(client.set_aside()),
        "discard_set_aside" => done(client.discard_set_aside(with.small("number"))),
        _ => None,
    }
}
