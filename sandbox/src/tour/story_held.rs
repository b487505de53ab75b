//! Steps 5 and 6: the server holds exactly one copy of each question, and a clinician takes them.

use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::{Timestamp, question::Service};
use yorisoi_server::desk_api::{Author, QueueItem, Taken};

use super::device::command::Command;
use super::device::reply::{Consultation, Message, Step, SyncState, Synced};
use super::failure::{Failure, check, present};
use super::stage::{Stage, japan};
use super::story_night::{Night, her_child};
use super::texts;

/// Step 5.
pub(crate) async fn hold(stage: &mut Stage, night: &Night) -> Result<(), Failure> {
    stage.evidence.step(5, "The server is back; the reply to a sync is lost after it stored everything.");
    let arrived = japan("2021-08-03", [3, 41, 0])?;
    stage.set_clock(arrived)?;
    stage.start_server().await?;
    stage.proxy.cut_next_reply(0);
    let before = stage.proxy.traffic();
    let refusal = stage.mother.on()?.refused("a sync whose reply is lost", Command::Sync, "network_").await?;
    check("replies lost on the way", stage.wire_since(before).cut, 1)?;
    let state: SyncState = stage.mother.on()?.get(Command::SyncState).await?;
    stage.evidence.line("phone", format_args!("{}; {} operations still wait", refusal.code, state.pending));
    check("operations that wait after the lost reply", state.pending, 3)?;

    stage.set_clock(japan("2021-08-03", [3, 45, 0])?)?;
    let before = stage.proxy.traffic();
    let synced: Synced = stage.mother.on()?.get(Command::Sync).await?;
    // The first sync that reaches a server also asks once, as every day, for a newer manifest.
    let asked = u64::from(synced.requests) + 1;
    check("requests of the second sync, and one for the manifest", stage.wire_since(before).requests, asked)?;
    check("operations the server holds now", (synced.held, synced.refused, synced.pending), (3, 0, 0))?;
    let due = arrived.plus_hours(24);
    for id in [night.first, night.second] {
        let message = own_message(stage, id).await?;
        check("the step after the sync", message.step, Some(Step::HeldByServer))?;
        check("since when, by the server's receipt", message.held_since, Some(arrived))?;
        check("by when an answer is due", message.due, Some(due))?;
        stage.evidence.line(
            "phone",
            format_args!(
                "「{}」 held by the server since {arrived} (signed receipt); answer due by {due}",
                Step::HeldByServer.words().ja
            ),
        );
    }
    stage.log_in().await?;
    check_queue(stage, night, due).await
}

/// Two consultations with one message each, though both were sent twice.
async fn check_queue(stage: &Stage, night: &Night, due: Timestamp) -> Result<(), Failure> {
    let queue = stage.desk()?.queue(stage.server()?.address).await?;
    let mut found: Vec<QueueItem> = queue.consultations;
    let mut expected: Vec<QueueItem> = [night.first, night.second]
        .into_iter()
        .map(|consultation| QueueItem {
            consultation,
            service: Service::Pediatrics,
            waiting_since: due.plus_millis(-24 * 3_600_000),
            due,
            messages: 1,
            taken: Taken::None,
        })
        .collect();
    found.sort_by_key(|item| item.consultation);
    expected.sort_by_key(|item| item.consultation);
    check("the clinician's queue", found, expected)?;
    stage.evidence.line("desk", "the queue: 2 consultations, 1 message each; sent twice, held once");
    Ok(())
}

/// Step 6.
pub(crate) async fn take(stage: &mut Stage, night: &Night) -> Result<(), Failure> {
    stage.evidence.step(6, "A clinician takes the questions and answers the second.");
    stage.set_clock(japan("2021-08-03", [7, 30, 0])?)?;
    let server = stage.server()?.address;
    let desk = stage.desk()?;
    desk.take(server, night.first).await?;
    let read = desk.consultation(server, night.first).await?;
    let messages: Vec<_> =
        read.messages.iter().map(|message| (message.from, message.text.as_str())).collect();
    check("what the clinician reads", messages, vec![(Author::Parent, texts::FIRST_QUESTION)])?;
    check("whom it concerns", read.subject, her_child())?;
    stage
        .evidence
        .line("desk", format_args!("takes and reads the first, about a child born {}", texts::BORN));
    sync(stage).await?;
    let steps = steps(stage, night).await?;
    check("the steps of both questions", steps, (Step::TakenByClinician, Step::HeldByServer))?;
    stage.evidence.shows(&Step::TakenByClinician.words());

    stage.typed(texts::SECOND_ANSWER)?;
    let desk = stage.desk()?;
    desk.take(server, night.second).await?;
    desk.answer(server, night.second, texts::SECOND_ANSWER).await?;
    stage.evidence.line("desk", format_args!("takes and answers the second: 「{}」", texts::SECOND_ANSWER));
    sync(stage).await?;
    check(
        "the steps of both questions",
        self::steps(stage, night).await?,
        (Step::TakenByClinician, Step::Answered),
    )?;
    let phone = stage.mother.on()?;
    check("unread answers", phone.get::<u32>(Command::UnreadCount).await?, 1)?;
    phone.get::<()>(Command::MarkRead { consultation: night.second }).await?;
    check("unread answers once it is read", phone.get::<u32>(Command::UnreadCount).await?, 0)?;
    stage.evidence.line("parent", "reads it: unread 1, then 0");
    Ok(())
}

/// A sync of the mother's phone that must succeed.
pub(crate) async fn sync(stage: &mut Stage) -> Result<Synced, Failure> {
    let before = stage.proxy.traffic();
    let synced: Synced = stage.mother.on()?.get(Command::Sync).await?;
    stage.wire_since(before);
    check("whether phone and server were found to hold the same", synced.verified_at.is_some(), true)?;
    check("operations left waiting and operations refused", (synced.pending, synced.refused), (0, 0))?;
    Ok(synced)
}

/// The last message of her own in a consultation.
pub(crate) async fn own_message(stage: &mut Stage, consultation: ConsultationId) -> Result<Message, Failure> {
    let messages: Vec<Message> = stage.mother.on()?.get(Command::Messages { consultation }).await?;
    let own = messages.into_iter().rev().find(|message| message.role.is_none());
    present("a message of her own", own)
}

/// How far the two questions of the night are.
pub(crate) async fn steps(stage: &mut Stage, night: &Night) -> Result<(Step, Step), Failure> {
    let list: Vec<Consultation> = stage.mother.on()?.get(Command::Consultations).await?;
    check("how many consultations the phone lists", list.len(), 2)?;
    let step = |id| {
        present("the consultation in the list", list.iter().find(|one| one.id == id).map(|one| one.step))
    };
    Ok((step(night.first)?, step(night.second)?))
}
