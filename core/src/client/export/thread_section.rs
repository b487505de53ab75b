//! The part of the page that shows what was asked and answered, and what is half-written.

use std::io::Write;

use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::{Timestamp, Words};

use super::contents::{AlbumPhoto, Contents};
use super::failure::ExportFailure;
use super::markup::{Both, Escaped, Minute, both};
use crate::store::{Consultation, Draft, OwnMessage, ThreadMessage, Writer};
use crate::view::MessageStep;

pub(super) fn consultations(contents: &Contents<'_>, to: &mut dyn Write) -> Result<(), ExportFailure> {
    let all = &contents.held.consultations;
    writeln!(to, "<h2>{}</h2>", both("相談", "Consultations"))?;
    if all.is_empty() {
        writeln!(to, "<p>{}</p>", both("相談はありません。", "There are none."))?;
    }
    for (place, id) in all.iter().enumerate() {
        consultation(contents, *id, place + 1, to)?;
    }
    Ok(())
}

fn consultation(
    contents: &Contents<'_>,
    id: ConsultationId,
    number: usize,
    to: &mut dyn Write,
) -> Result<(), ExportFailure> {
    let summary = contents.store.summary(id)?;
    let about = about(contents, summary.service, summary.subject);
    writeln!(to, "<section class=\"thread\">\n<h3><span class=\"number\">{number}</span> {about}</h3>")?;
    for page in contents.store.thread_pages(id) {
        let page = page?;
        for message in page.messages {
            show_message(contents, &page.summary, &message, to)?;
        }
    }
    writeln!(to, "</section>")?;
    Ok(())
}

/// Who is asked, and about whom.
fn about(contents: &Contents<'_>, service: Service, subject: Subject) -> String {
    let subject = match subject {
        Subject::Parent => both("ご本人について", "about the parent"),
        Subject::Child { born: Some(born) } if !contents.hides_ages() => {
            let ja = format!("お子さんについて（{}生まれ）", born.japanese());
            both(&ja, &format!("about a child (born {born})"))
        }
        Subject::Child { .. } => both("お子さんについて", "about a child"),
    };
    format!("{}<span class=\"subject\">{subject}</span>", Both(&service.words()))
}

/// What this version does not know of a draft is left out here; the JSON has it as it stands.
fn about_draft(contents: &Contents<'_>, service: Option<Service>, subject: Option<Subject>) -> String {
    match (service, subject) {
        (Some(service), Some(subject)) => about(contents, service, subject),
        (Some(service), None) => Both(&service.words()).to_string(),
        (None, _) => both("下書き", "Draft"),
    }
}

fn show_message(
    contents: &Contents<'_>,
    summary: &Consultation,
    message: &ThreadMessage,
    to: &mut dyn Write,
) -> Result<(), ExportFailure> {
    let ThreadMessage { id, at, text, writer } = message;
    let (class, from) = match writer {
        Writer::Parent { .. } => ("own", Words::new("あなた", "You")),
        Writer::Clinician(role) => ("answer", role.words()),
    };
    writeln!(
        to,
        "<article class=\"{class}\">\n<header>{} <time>{}</time></header>",
        Both(&from),
        Minute(*at)
    )?;
    writeln!(to, "<div class=\"text\" dir=\"auto\">{}</div>", Escaped(text))?;
    show_photos(contents.album.of_owner(*id), to)?;
    if let Writer::Parent { own, refusal, .. } = writer {
        let refusal = refusal.as_ref().map(|refusal| refusal.code.words());
        show_step(summary.step(own), own, refusal.as_ref(), to)?;
    }
    writeln!(to, "</article>")?;
    Ok(())
}

/// How far a message has come. A time by which an answer is due is shown while it is waited for.
fn show_step(
    step: MessageStep,
    own: &OwnMessage,
    refusal: Option<&Words>,
    to: &mut dyn Write,
) -> Result<(), ExportFailure> {
    writeln!(to, "<footer><div>{}</div>", Both(&step.words()))?;
    if let Some(refusal) = refusal {
        writeln!(to, "<div>{} {}</div>", both("理由：", "Reason:"), Both(refusal))?;
    }
    let mut row = |ja, en, at: Option<Timestamp>| -> Result<(), ExportFailure> {
        if let Some(at) = at {
            writeln!(to, "<div>{} <time>{}</time></div>", both(ja, en), Minute(at))?;
        }
        Ok(())
    };
    row("サーバーが受け取った日時：", "Received by the server:", own.held)?;
    row("回答の予定：", "Answer due by:", own.due.filter(|_| step != MessageStep::Answered))?;
    writeln!(to, "</footer>")?;
    Ok(())
}

fn show_photos(photos: &[AlbumPhoto], to: &mut dyn Write) -> Result<(), ExportFailure> {
    for AlbumPhoto { file, number, .. } in photos {
        writeln!(to, "<figure><img src=\"{file}\" alt=\"写真 {number}\">")?;
        writeln!(
            to,
            "<figcaption>{}</figcaption></figure>",
            both(&format!("写真{number}"), &format!("Photo {number}"))
        )?;
    }
    Ok(())
}

pub(super) fn drafts(contents: &Contents<'_>, to: &mut dyn Write) -> Result<(), ExportFailure> {
    if contents.held.drafts.is_empty() {
        return Ok(());
    }
    writeln!(to, "<h2>{}</h2>", both("送信していない下書き", "Drafts that were not sent"))?;
    for (id, draft) in &contents.held.drafts {
        let Draft { service, subject, consultation, text, saved, ready, .. } = draft;
        let place = consultation.and_then(|of| contents.held.consultations.iter().position(|id| *id == of));
        let about = match place {
            Some(place) => {
                let number = place + 1;
                both(&format!("相談{number}への追加"), &format!("Adds to consultation {number}"))
            }
            None => about_draft(contents, service.clone().known(), subject.clone().known()),
        };
        writeln!(to, "<section class=\"thread\">\n<h3>{about}</h3>\n<article class=\"draft\">")?;
        writeln!(
            to,
            "<header>{} <time>{}</time></header>",
            both("保存した日時：", "Saved:"),
            Minute(*saved)
        )?;
        writeln!(to, "<div class=\"text\" dir=\"auto\">{}</div>", Escaped(text))?;
        show_photos(contents.album.of_owner(*id), to)?;
        if ready.is_some() {
            let words = both("送信できるようになると、送信されます。", "It is sent as soon as it may be.");
            writeln!(to, "<footer><div>{words}</div></footer>")?;
        }
        writeln!(to, "</article>\n</section>")?;
    }
    Ok(())
}
