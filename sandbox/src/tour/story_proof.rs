//! Steps 10 and 11: what the city sees, and the proof that phone and server hold the same and show it to nobody.

use yorisoi_protocol::wire::SyncReply;

use super::device::command::Command;
use super::device::reply::{SyncState, Synced};
use super::failure::{Failure, check, check_contains, present};
use super::sealed::{check_sealed, check_server_sealed};
use super::stage::Stage;
use super::story_held::sync;
use super::story_survey::{HIDDEN, report};
use super::texts;

/// Step 10.
pub(crate) async fn report_to_the_city(stage: &mut Stage) -> Result<(), Failure> {
    stage.evidence.step(10, "The city's report. One family: every number about people is hidden.");
    let report = report(stage).await?;
    for line in report.lines() {
        stage.evidence.line("report", line);
    }
    check_contains("cards issued", &report, "cards issued: 5")?;
    let hidden = report.lines().filter(|line| line.contains(HIDDEN)).count();
    // Redeemed, people, two services, time to answer, two rows for each of two questions.
    check("numbers hidden", hidden, 9)
}

/// Step 11.
pub(crate) async fn prove(stage: &mut Stage, export: &str) -> Result<(), Failure> {
    stage.evidence.step(11, "Proof: nothing in plain on any phone, and both ends hold the same.");
    same_digest(stage).await?;
    // The search itself must be able to find: the export is her own copy, in plain.
    let found = stage.canaries.found_in(export.as_bytes());
    for text in [texts::FIRST_QUESTION, texts::SECOND_ANSWER, texts::LATE_ANSWER] {
        check("whether the search finds a text in the export", found.contains(&text), true)?;
    }
    stage.evidence.line("check", format_args!("the same search over the export finds {} texts", found.len()));
    check_sealed(stage, "with the phones running")?;
    for phone in [&mut stage.mother, &mut stage.partner] {
        phone.take()?.stop().await?;
    }
    check_sealed(stage, "with the phones closed")?;
    check_server_sealed(stage)?;
    let total = stage.proxy.traffic();
    stage.evidence.line(
        "wire",
        format_args!(
            "in all: {} requests, {} bytes up, {} bytes down, {} replies lost on purpose, {} attempts without a server",
            total.requests, total.bytes_up, total.bytes_down, total.cut, total.unreachable
        ),
    );
    check("replies lost on purpose", total.cut, 2)
}

/// The digest the server sent is the one the phone keeps, for each member its own.
async fn same_digest(stage: &mut Stage) -> Result<(), Failure> {
    let synced = sync(stage).await?;
    let server = server_digest(stage)?;
    let state: SyncState = stage.mother.on()?.get(Command::SyncState).await?;
    check("the digest of the mother's phone", state.digest.as_str(), server.as_str())?;
    check("when it was verified", state.verified_at, synced.verified_at)?;
    let at = present("when it was verified", state.verified_at)?;
    stage.evidence.line(
        "check",
        format_args!("digest {server} on the mother's phone and on the server, verified {at}"),
    );

    // The first sync of a day asks for a newer manifest afterwards, and its reply would be the last one.
    let _: Synced = stage.partner.on()?.get(Command::Sync).await?;
    let synced: Synced = stage.partner.on()?.get(Command::Sync).await?;
    let other = server_digest(stage)?;
    let state: SyncState = stage.partner.on()?.get(Command::SyncState).await?;
    check("the digest of the partner's phone", state.digest.as_str(), other.as_str())?;
    check("whether the partner's sync was verified", synced.verified_at.is_some(), true)?;
    check("whether both members have the same digest", other == server, false)?;
    stage.evidence.line(
        "check",
        format_args!("digest {other} on the partner's phone and on the server: a stream of their own"),
    );
    Ok(())
}

/// The digest in the last reply that crossed the wire.
fn server_digest(stage: &Stage) -> Result<String, Failure> {
    let reply: SyncReply = serde_json::from_slice(&stage.proxy.last_reply())
        .map_err(|error| Failure::broken(format!("the server's last reply: {error}")))?;
    Ok(reply.digest.to_string())
}
