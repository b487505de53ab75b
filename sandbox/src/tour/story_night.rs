//! Step 4: the night. The server is down, the phone's process is killed, nothing is lost.

use yorisoi_protocol::CivilDate;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{Service, Subject};

use super::device::command::{Command, Draft};
use super::device::reply::{Consultation, KeptDraft, Message, Step};
use super::failure::{Failure, check, present};
use super::sealed::check_sealed;
use super::stage::{Stage, japan};
use super::texts;

/// What was written in the night.
pub(crate) struct Night {
    pub(crate) first: ConsultationId,
    pub(crate) second: ConsultationId,
    pub(crate) draft: MessageId,
}

/// Step 4.
pub(crate) async fn write(stage: &mut Stage) -> Result<Night, Failure> {
    stage.evidence.step(4, "03:12. The server is down; she writes; her phone's process is killed.");
    stage.set_clock(japan("2021-08-03", [3, 12, 0])?)?;
    let server = stage.take_server()?;
    let pid = server.pid();
    server.kill().await?;
    stage.evidence.line("process", format_args!("server {pid} killed (SIGKILL)"));

    let first = ask(stage, texts::FIRST_QUESTION).await?;
    check_saved(stage, first, texts::FIRST_QUESTION).await?;
    let before = stage.proxy.traffic();
    let refusal = stage.mother.on()?.refused("a sync without a server", Command::Sync, "network_").await?;
    check("attempts to reach a server", stage.wire_since(before).unreachable, 1)?;
    stage.evidence.line("phone", format_args!("{}: 「{}」", refusal.code, refusal.ja));

    let draft = keystrokes(stage, Service::Obstetrics, Subject::Parent, texts::HALF_WRITTEN).await?;
    let second = ask(stage, texts::SECOND_QUESTION).await?;
    let killed = stage.mother.take()?;
    let pid = killed.pid();
    killed.kill().await?;
    stage.evidence.line(
        "process",
        format_args!("the mother's phone, process {pid}, killed (SIGKILL): a draft half-written, a second question just queued"),
    );
    check_sealed(stage, "what the killed process left behind")?;

    let address = stage.phone_address();
    let pid = stage.mother.start(&address).await?;
    stage.evidence.line("process", format_args!("the mother's phone is process {pid}"));
    check_saved(stage, first, texts::FIRST_QUESTION).await?;
    check_saved(stage, second, texts::SECOND_QUESTION).await?;
    let drafts: Vec<KeptDraft> = stage.mother.on()?.get(Command::Drafts).await?;
    let found: Vec<_> = drafts.iter().map(|kept| (kept.id, kept.text.as_str())).collect();
    check("the drafts a new process finds", found, vec![(draft, texts::HALF_WRITTEN)])?;
    stage
        .evidence
        .line("phone", format_args!("the draft is there to its last character: 「{}」", texts::HALF_WRITTEN));
    Ok(Night { first, second, draft })
}

/// Writes a draft as it is typed: saved again at every character.
pub(crate) async fn keystrokes(
    stage: &mut Stage,
    service: Service,
    subject: Subject,
    text: &str,
) -> Result<MessageId, Failure> {
    stage.typed(text)?;
    let mut id = None;
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    for so_far in ends.filter_map(|end| text.get(..end)) {
        let draft = Draft { id, service, subject, consultation: None, text: so_far.to_owned() };
        id = Some(stage.mother.on()?.get(Command::SaveDraft(draft)).await?);
    }
    let strokes = text.chars().count();
    stage.evidence.line("parent", format_args!("types 「{text}」, saved {strokes} times"));
    present("the draft's id", id)
}

/// Whom her questions are about.
pub(crate) fn her_child() -> Subject {
    let born = CivilDate::parse(texts::BORN);
    Subject::Child { born }
}

async fn ask(stage: &mut Stage, text: &str) -> Result<ConsultationId, Failure> {
    stage.evidence.line("parent", format_args!("asks a paediatrician: 「{text}」"));
    stage.typed(texts::BORN)?;
    let ask = Command::Ask { service: Service::Pediatrics, subject: her_child(), text: stage.typed(text)? };
    stage.mother.on()?.get(ask).await
}

/// The question stands on the phone, whole, and says that it is only there.
async fn check_saved(stage: &mut Stage, id: ConsultationId, text: &str) -> Result<(), Failure> {
    let phone = stage.mother.on()?;
    let consultations: Vec<Consultation> = phone.get(Command::Consultations).await?;
    let consultation =
        present("the consultation in the list", consultations.iter().find(|one| one.id == id))?;
    check("the step of a question without network", consultation.step, Step::SavedHere)?;
    let messages: Vec<Message> = phone.get(Command::Messages { consultation: id }).await?;
    let texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    check("the messages of the consultation", texts, vec![text])?;
    let Consultation { step, preview, .. } = consultation;
    stage.evidence.line("phone", format_args!("「{}」 {}: {preview}", step.words().ja, step.words().en));
    Ok(())
}
