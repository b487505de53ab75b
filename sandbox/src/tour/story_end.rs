//! Step 9: the programme ends, to the second. What was begun may be finished, what was asked is answered, what she has
//! stays hers.

use serde_json::Value;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::Service;

use super::device::command::Command;
use super::device::reply::{Consultation, Contact, KeptDraft, May, Message, Step};
use super::failure::{Failure, check, check_contains, present};
use super::stage::{Stage, japan};
use super::story_held::{own_message, sync};
use super::story_night::{Night, her_child, keystrokes};
use super::texts;
use super::unpacked::{Unpacked, unpack};

/// Step 9. Gives the text of the export, which holds everything that was said.
pub(crate) async fn end(stage: &mut Stage, night: &Night) -> Result<String, Failure> {
    stage.evidence.step(9, "2022-01-01 00:00:00. The programme has ended.");
    let draft = last_day(stage, night).await?;
    refuse(stage).await?;
    let finished = finish(stage, draft).await?;
    late_answer(stage, night, finished).await?;
    still_hers(stage).await
}

/// A follow-up is held, a draft is begun.
async fn last_day(stage: &mut Stage, night: &Night) -> Result<MessageId, Failure> {
    let asked = japan("2021-12-31", [23, 50, 0])?;
    stage.set_clock(asked)?;
    let follow_up =
        Command::FollowUp { consultation: night.first, text: stage.typed(texts::LAST_FOLLOW_UP)? };
    stage.mother.on()?.get::<()>(follow_up).await?;
    stage.evidence.line("parent", format_args!("adds to the first: 「{}」", texts::LAST_FOLLOW_UP));
    sync(stage).await?;
    let held = own_message(stage, night.first).await?;
    check("since when the server holds it", held.held_since, Some(asked))?;
    let step = present("the follow-up's step", held.step)?;
    check("whether it is answered", step == Step::Answered, false)?;
    stage.evidence.line("phone", format_args!("「{}」 held since {asked}, not answered", step.words().ja));
    let draft = keystrokes(stage, Service::Pediatrics, her_child(), texts::LAST_DRAFT).await?;
    stage.set_clock(japan("2021-12-31", [23, 59, 59])?)?;
    let may: May = stage.mother.on()?.get(Command::MayAsk).await?;
    stage.evidence.shows(&may.words);
    check("whether she may ask in the last second", may.allowed, true)?;
    Ok(draft)
}

/// Nothing new, with the date and the reason.
async fn refuse(stage: &mut Stage) -> Result<(), Failure> {
    stage.set_clock(japan("2022-01-01", [0, 0, 0])?)?;
    let before = stage.proxy.traffic();
    let ask = Command::Ask {
        service: Service::Pediatrics,
        subject: her_child(),
        text: stage.typed(texts::TOO_LATE)?,
    };
    let refusal = stage.mother.on()?.refused("a new question after the end", ask, "window_ended").await?;
    stage
        .evidence
        .line("phone", format_args!("a new question: {}, 「{}」 {}", refusal.code, refusal.ja, refusal.en));
    check_contains("the date in words", &refusal.ja, "2021年12月31日")?;
    let may: May = stage.mother.on()?.get(Command::MayAsk).await?;
    check(
        "the rule that decided",
        (may.allowed, may.path),
        (false, ["all/2", "window 2021-08-02..2021-12-31"].map(str::to_owned).to_vec()),
    )?;
    check("requests made for it", stage.wire_since(before).requests, 0)
}

/// The draft was begun inside and may be sent for 72 hours.
async fn finish(stage: &mut Stage, draft: MessageId) -> Result<ConsultationId, Failure> {
    let drafts: Vec<KeptDraft> = stage.mother.on()?.get(Command::Drafts).await?;
    let kept = present("the draft of the 31st", drafts.into_iter().find(|kept| kept.id == draft))?;
    check("when it was begun", kept.begun, japan("2021-12-31", [23, 50, 0])?)?;
    let path = ["answers_grace_hours 72", "all/2", "window 2021-08-02..2021-12-31"];
    let send = present("whether it may be sent", kept.send)?;
    check("whether it may still be sent", send.allowed, true)?;
    check("by which rule", send.path, path.map(str::to_owned).to_vec())?;
    let consultation: ConsultationId = stage.mother.on()?.get(Command::SendDraft { id: draft }).await?;
    stage.evidence.line("parent", format_args!("sends the draft begun on the 31st: 「{}」", send.words.ja));
    check("operations the server now holds", sync(stage).await?.held, 1)?;
    let message = own_message(stage, consultation).await?;
    check("the draft's step", message.step, Some(Step::HeldByServer))?;
    let held = present("the receipt's time", message.held_since)?;
    stage.evidence.line("phone", format_args!("「{}」 held since {held}", Step::HeldByServer.words().ja));
    Ok(consultation)
}

/// Answers to what was asked still come.
async fn late_answer(stage: &mut Stage, night: &Night, finished: ConsultationId) -> Result<(), Failure> {
    stage.set_clock(japan("2022-01-02", [9, 15, 0])?)?;
    stage.log_in().await?;
    stage.typed(texts::LATE_ANSWER)?;
    let (server, desk) = (stage.server()?.address, stage.desk()?);
    let queue = desk.queue(server).await?.consultations;
    let mut waiting: Vec<_> = queue.iter().map(|item| (item.consultation, item.messages)).collect();
    let mut expected = vec![(night.first, 1), (finished, 1)];
    waiting.sort();
    expected.sort();
    check("the clinician's queue", waiting, expected)?;
    desk.take(server, night.first).await?;
    desk.answer(server, night.first, texts::LATE_ANSWER).await?;
    stage.evidence.line("desk", format_args!("answers the follow-up: 「{}」", texts::LATE_ANSWER));
    sync(stage).await?;
    let messages: Vec<Message> =
        stage.mother.on()?.get(Command::Messages { consultation: night.first }).await?;
    let last = present("a last message", messages.last())?;
    check("the late answer", last.text.as_str(), texts::LATE_ANSWER)?;
    check("the follow-up's step", own_message(stage, night.first).await?.step, Some(Step::Answered))?;
    stage.evidence.line("phone", format_args!("「{}」 the late answer is here", Step::Answered.words().ja));
    Ok(())
}

/// History, numbers to call and the export are never closed.
async fn still_hers(stage: &mut Stage) -> Result<String, Failure> {
    let before = stage.proxy.traffic();
    let outside = stage.root().to_owned();
    let phone = stage.mother.on()?;
    let history: Vec<Consultation> = phone.get(Command::Consultations).await?;
    let contacts: Vec<Contact> = phone.get(Command::SafetyContacts).await?;
    let to = outside.join("soudan.zip");
    phone.get::<()>(Command::Export { to: to.clone() }).await?;
    let Unpacked { packed, page, document } = unpack(&to)?;
    std::fs::remove_file(&to).map_err(Failure::system("deleting the export"))?;
    check("consultations in the history", history.len(), 3)?;
    check("the first number to call", contacts.first().map(|contact| contact.digits.as_str()), Some("119"))?;
    // The list was checked 154 days before: shown all the same, flagged.
    check("whether any is flagged as old", contacts.iter().any(|contact| contact.stale), true)?;
    let read: Value = serde_json::from_str(&document).map_err(Failure::broken)?;
    let exported = read.get("consultations").and_then(Value::as_array).map_or(0, Vec::len);
    check("consultations in the export", exported, 3)?;
    let said = [
        texts::FIRST_QUESTION,
        texts::SECOND_QUESTION,
        texts::FIRST_ANSWER,
        texts::SECOND_ANSWER,
        texts::LAST_FOLLOW_UP,
        texts::LAST_DRAFT,
        texts::LATE_ANSWER,
    ];
    for text in said {
        check_contains("the export for machines", &document, text)?;
        check_contains("the export for people", &page, text)?;
    }
    stage.evidence.line(
        "phone",
        format_args!(
            "history: {} consultations; {} numbers to call, 119 first; export: {packed} bytes with all {} texts",
            history.len(),
            contacts.len(),
            said.len()
        ),
    );
    check("requests made for it", stage.wire_since(before).requests, 0)?;
    Ok(document)
}
