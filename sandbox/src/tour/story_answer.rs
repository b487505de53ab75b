//! Step 7: the answer comes by itself and stays.

use super::device::command::Command;
use super::device::reply::{Consultation, Event, Hit, KeptDraft, Message, Step, Synced};
use super::failure::{Failure, check, check_contains};
use super::process_guard::PATIENCE;
use super::stage::{Stage, japan};
use super::story_held::steps;
use super::story_night::Night;
use super::texts;

/// Step 7.
pub(crate) async fn answer(stage: &mut Stage, night: &Night) -> Result<(), Failure> {
    stage.evidence.step(7, "The phone is told, pulls, and keeps the answer when the server is gone.");
    hear(stage, night).await?;
    partner_sees_nothing(stage).await?;
    let server = stage.take_server()?;
    let pid = server.pid();
    server.stop().await?;
    stage.evidence.line("process", format_args!("server {pid} stopped (SIGTERM)"));
    read_offline(stage, night).await
}

/// The answer arrives without anybody asking for a sync.
async fn hear(stage: &mut Stage, night: &Night) -> Result<(), Failure> {
    stage.set_clock(japan("2021-08-03", [7, 48, 0])?)?;
    let before = stage.proxy.traffic();
    let phone = stage.mother.on()?;
    phone.get::<()>(Command::LiveStart).await?;
    let listening = stage.proxy.wait_for(|traffic| traffic.streams > before.streams);
    let listening = tokio::time::timeout(PATIENCE, listening).await;
    listening.map_err(|_| Failure::broken("the phone does not open the stream of hints"))?;
    phone.forget_events();
    stage.typed(texts::FIRST_ANSWER)?;
    stage.desk()?.answer(stage.server()?.address, night.first, texts::FIRST_ANSWER).await?;
    stage.evidence.line("desk", format_args!("answers the first: 「{}」", texts::FIRST_ANSWER));

    let phone = stage.mother.on()?;
    phone.event(|event| *event == Event::Consultation(night.first)).await?;
    phone.event(|event| *event == Event::Sync).await?;
    phone.get::<()>(Command::LiveStop).await?;
    let passed = stage.wire_since(before);
    check("requests: the stream of hints and one sync", passed.requests, 2)?;
    check("the steps of both questions", steps(stage, night).await?, (Step::Answered, Step::Answered))?;
    let unread: u32 = stage.mother.on()?.get(Command::UnreadCount).await?;
    check("unread answers", unread, 1)?;
    stage.evidence.line(
        "phone",
        format_args!("told by the hint, pulled: 「{}」, unread {unread}", Step::Answered.words().ja),
    );
    Ok(())
}

/// The household's other phone learns nothing of it.
async fn partner_sees_nothing(stage: &mut Stage) -> Result<(), Failure> {
    let phone = stage.partner.on()?;
    let synced: Synced = phone.get(Command::Sync).await?;
    let seen: Vec<Consultation> = phone.get(Command::Consultations).await?;
    let words = texts::LOOKED_FOR.to_owned();
    let found: Vec<Hit> = phone.get(Command::Search { words }).await?;
    check("changes the partner's phone received", synced.received, 0)?;
    check("consultations and hits on the partner's phone", (seen.len(), found.len()), (0, 0))?;
    stage.evidence.line("partner", "syncs: nothing received, no consultation, nothing found");
    Ok(())
}

async fn read_offline(stage: &mut Stage, night: &Night) -> Result<(), Failure> {
    let before = stage.proxy.traffic();
    let phone = stage.mother.on()?;
    let words = texts::LOOKED_FOR.to_owned();
    let hits: Vec<Hit> = phone.get(Command::Search { words }).await?;
    let found: Vec<_> = hits.iter().map(|hit| hit.consultation).collect();
    check("what two characters find", found, vec![Some(night.first)])?;
    let snippet = hits.first().map(|hit| hit.snippet.clone()).unwrap_or_default();
    check_contains("the words around them", &snippet, texts::LOOKED_FOR)?;
    let messages: Vec<Message> = phone.get(Command::Messages { consultation: night.first }).await?;
    let texts_read: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    check("the consultation, read offline", texts_read, vec![texts::FIRST_QUESTION, texts::FIRST_ANSWER])?;
    phone.get::<()>(Command::MarkRead { consultation: night.first }).await?;
    check("unread answers once it is read", phone.get::<u32>(Command::UnreadCount).await?, 0)?;
    phone.get::<()>(Command::DiscardDraft { id: night.draft }).await?;
    let drafts: Vec<KeptDraft> = phone.get(Command::Drafts).await?;
    check("drafts left", drafts.len(), 0)?;
    stage
        .evidence
        .line("parent", format_args!("looks for 「{}」 → 「{snippet}」, and reads it", texts::LOOKED_FOR));
    stage.evidence.line("parent", "throws away the draft of that night");
    check("requests made for it", stage.wire_since(before).requests, 0)
}
