//! What must be true in the end.

use std::collections::{BTreeMap, BTreeSet};

use yorisoi_protocol::ids::ConsultationId;
use yorisoi_server::desk_api::Author;

use crate::phone::{Phone, SERVICE, Said};
use crate::world::{World, consultations};
use crate::{Broken, broken};

/// The texts of one consultation, each with how often it is there.
#[derive(Default)]
struct Thread {
    parent: BTreeMap<String, usize>,
    clinician: BTreeMap<String, usize>,
}

pub(crate) async fn check(world: &mut World) -> Result<(), Broken> {
    if let Some(stuck) = world.quiet.iter().position(|quiet| !quiet) {
        return Err(stuck_words(world, stuck));
    }
    let token = world.server.log_in().await?.ok_or("nobody can log in")?;
    let (mut on_server, mut found) = (BTreeMap::new(), 0);
    for phone in &world.phones {
        for id in offered(phone)? {
            world.server.take(&token, id).await?;
            let view = world.server.read(&token, id).await?;
            let view = view.ok_or_else(|| {
                let texts = phone.messages.iter().map(|message| message.text.as_str());
                let steps: BTreeSet<_> = texts.map(|text| step(phone, text)).collect();
                format!(
                    "the server lacks a consultation of phone {}; its messages are {steps:?}",
                    phone.number
                )
            })?;
            let mut thread = Thread::default();
            found += view.messages.len();
            for message in view.messages {
                let texts = match message.from {
                    Author::Parent => &mut thread.parent,
                    Author::Clinician(_) => &mut thread.clinician,
                };
                *texts.entry(message.text).or_default() += 1;
            }
            if on_server.insert(id, thread).is_some() {
                return Err("two phones have the same consultation".to_owned());
            }
        }
    }
    each_once(world, &on_server)?;
    nothing_else(world, found)?;
    for phone in &world.phones {
        the_same_here(phone, &on_server, world.restored)?;
    }
    answers(world, &on_server)
}

/// The consultations of a phone that the server has: those of the service that is offered.
fn offered(phone: &Phone) -> Result<Vec<ConsultationId>, Broken> {
    let all = consultations(phone)?.into_iter();
    Ok(all.filter(|view| view.service == SERVICE).map(|view| view.id).collect())
}

fn stuck_words(world: &World, number: usize) -> Broken {
    let state = world.phones.get(number).and_then(|phone| phone.client.as_ref()).map(|client| {
        client.sync_state().map(|state| (state.pending, state.last_attempt)).map_err(|error| error.code())
    });
    format!("phone {number} is not quiet 30 s after the healing: {state:?}")
}

/// Every acknowledged message once, one in doubt at most once.
fn each_once(world: &World, on_server: &BTreeMap<ConsultationId, Thread>) -> Result<(), Broken> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for thread in on_server.values() {
        for (text, count) in &thread.parent {
            *counts.entry(text).or_default() += count;
        }
    }
    for phone in &world.phones {
        for message in &phone.messages {
            let count = counts.remove(message.text.as_str()).unwrap_or(0);
            let name: String = message.text.chars().take(12).collect();
            match (message.said, count) {
                (Said::Acknowledged, 1) | (Said::InDoubt, 0 | 1) => {}
                // Of a number that a restored server knows as void only, a phone that lost the reason hears no other.
                (Said::Refused, 0) if is_refused(phone, &message.text, world.restored) => {}
                (said, count) => {
                    let step = step(phone, &message.text);
                    return Err(format!(
                        "phone {}: {name:?} is {said:?} and {count} times there; here it is {step}",
                        phone.number
                    ));
                }
            }
        }
    }
    match counts.first_key_value() {
        None => Ok(()),
        Some(_) => Err("the server has a message that nobody wrote".to_owned()),
    }
}

fn is_refused(phone: &Phone, text: &str, restored: bool) -> bool {
    let step = step(phone, text);
    step.contains("does not offer this service") || restored && step.contains("could not accept this")
}

/// How far the phone says that this message has come.
fn step(phone: &Phone, text: &str) -> String {
    let Some(client) = &phone.client else {
        return "closed".to_owned();
    };
    for view in consultations(phone).unwrap_or_default() {
        let page = client.messages(view.id, None, 500).map(|page| page.messages).unwrap_or_default();
        if let Some(message) = page.into_iter().find(|message| message.text == text) {
            let refusal = message.refusal.map(|words| words.en);
            return format!("{:?}, refused: {refusal:?}", message.step);
        }
    }
    let drafts = client.drafts(None, 500).map(|page| page.drafts).unwrap_or_default();
    let draft = drafts.into_iter().find(|draft| draft.text == text);
    draft.map_or("nowhere".to_owned(), |draft| format!("a draft, ready: {}", draft.ready))
}

/// The server has no message beside those of the phones' consultations.
fn nothing_else(world: &World, found: usize) -> Result<(), Broken> {
    let file = world.server.path().join(yorisoi_server::service::DATABASE_FILE);
    let sql = rusqlite::Connection::open(file).map_err(broken)?;
    let all: i64 = sql
        .query_row("SELECT count(*) FROM entry WHERE consultation IS NOT NULL", [], |row| row.get(0))
        .map_err(broken)?;
    let found = i64::try_from(found).unwrap_or(i64::MAX);
    if all == found { Ok(()) } else { Err(format!("the server has {all} messages, the phones know {found}")) }
}

/// The phone holds what the server holds, each once. After a server was set back, the phone alone may know an answer.
fn the_same_here(
    phone: &Phone,
    on_server: &BTreeMap<ConsultationId, Thread>,
    restored: bool,
) -> Result<(), Broken> {
    let client = phone.client.as_ref().ok_or("a phone is closed")?;
    for id in offered(phone)? {
        let page =
            client.messages(id, None, 500).map_err(|error| format!("cannot be read: {}", error.code()))?;
        let mut here = Thread::default();
        for message in page.messages {
            let texts = if message.role.is_some() { &mut here.clinician } else { &mut here.parent };
            *texts.entry(message.text).or_default() += 1;
        }
        let there = on_server.get(&id).ok_or("a consultation is missing")?;
        let missing = there.clinician.keys().filter(|text| !here.clinician.contains_key(*text)).count();
        let more = here.clinician.keys().filter(|text| !there.clinician.contains_key(*text)).count();
        let twice = here.clinician.values().chain(here.parent.values()).any(|count| *count != 1);
        if here.parent != there.parent || missing > 0 || (more > 0 && !restored) || twice {
            let counts = (here.parent.len(), there.parent.len(), missing, more, twice);
            return Err(format!("phone {} differs from the server: {counts:?}", phone.number));
        }
    }
    Ok(())
}

/// Every answer the server acknowledged is there, unless the server was set back to before it.
fn answers(world: &World, on_server: &BTreeMap<ConsultationId, Thread>) -> Result<(), Broken> {
    let there: BTreeSet<&str> =
        on_server.values().flat_map(|thread| thread.clinician.keys()).map(String::as_str).collect();
    let lost = world.answers.iter().filter(|text| !there.contains(text.as_str())).count();
    if lost > 0 && !world.restored { Err(format!("{lost} answers are lost")) } else { Ok(()) }
}
