//! Step 3: a card typed badly, a reply lost, a partner, one person too many.

use yorisoi_protocol::Programme;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::typed_text::ALPHABET;
use yorisoi_protocol::wire::{EnrollmentReply, EnrollmentResult, Grant};
use yorisoi_sandbox::programmes;

use super::device::command::{Command, Decision};
use super::device::reply::{Consultation, Enrollment, Synced};
use super::failure::{Failure, check, check_contains, present};
use super::stage::{Stage, japan};
use super::texts;

/// Step 3.
pub(crate) async fn enroll(stage: &mut Stage) -> Result<(), Failure> {
    stage.evidence.step(3, "A card is typed in, on three phones.");
    stage.set_clock(japan("2021-08-02", [10, 5, 0])?)?;
    let card = stage.cards.first().cloned().unwrap_or_default();
    mistype(stage, &card).await?;
    let member = lose_the_reply(stage, &card).await?;
    join(stage, &card, &member).await?;
    one_too_many(stage, &card).await?;
    consent(stage).await
}

/// One wrong symbol in the third group: found on the phone, nothing sent.
async fn mistype(stage: &mut Stage, card: &str) -> Result<(), Failure> {
    let before = stage.proxy.traffic();
    let typed = stage.typed(&as_typed(&with_wrong_symbol(card)))?;
    stage.evidence.line("parent", format_args!("types {typed}, one symbol wrong"));
    let enroll = Command::Enroll { typed };
    let refusal = stage.mother.on()?.refused("a wrong symbol", enroll, "card_check_failed").await?;
    stage.evidence.line("phone", format_args!("「{}」 {}", refusal.ja, refusal.en));
    check_contains("the group to look at", &refusal.ja, "3番目の4文字")?;
    check("requests made with a wrong code", stage.wire_since(before).requests, 0)
}

/// The server grants, the phone does not hear it, the phone asks again.
async fn lose_the_reply(stage: &mut Stage, card: &str) -> Result<Enrollment, Failure> {
    stage.typed(card)?;
    let typed = stage.typed(&as_typed(card))?;
    let enroll = Command::Enroll { typed: typed.clone() };
    stage.evidence.line("parent", format_args!("types {typed}"));
    let before = stage.proxy.traffic();
    stage.proxy.cut_next_reply(100);
    let refusal = stage.mother.on()?.refused("a lost reply", enroll.clone(), "network_").await?;
    check("replies lost on the way", stage.wire_since(before).cut, 1)?;
    stage.evidence.line("phone", format_args!("{}: 「{}」", refusal.code, refusal.ja));
    let none: Option<Enrollment> = stage.mother.on()?.get(Command::Enrollment).await?;
    check("an enrollment without a reply", none, None)?;
    let lost = granted(&stage.proxy.last_reply())?;

    let before = stage.proxy.traffic();
    let enrolled: Enrollment = stage.mother.on()?.get(enroll).await?;
    stage.wire_since(before);
    let again = granted(&stage.proxy.last_reply())?;
    check("the grant of the second reply", &again, &lost)?;
    let (enrollment, member) = (again.enrollment, again.member);
    check(
        "what the phone keeps of it",
        (enrolled.enrollment, enrolled.member),
        (Some(enrollment), Some(member)),
    )?;
    stage.evidence.line(
        "phone",
        format_args!(
            "enrolled: household {enrollment}, member {member}, device {}; the lost reply said the same",
            again.device
        ),
    );
    check_cards(stage, 1).await?;
    Ok(enrolled)
}

/// The partner is a member of the same household, with nothing of hers.
async fn join(stage: &mut Stage, card: &str, mother: &Enrollment) -> Result<(), Failure> {
    let address = stage.phone_address();
    let pid = stage.partner.start(&address).await?;
    let before = stage.proxy.traffic();
    let phone = stage.partner.on()?;
    let enrolled: Enrollment = phone.get(Command::Enroll { typed: card.to_owned() }).await?;
    let synced: Synced = phone.get(Command::Sync).await?;
    let seen: Vec<Consultation> = phone.get(Command::Consultations).await?;
    stage.evidence.line(
        "partner",
        format_args!(
            "joins with the same card on a phone of their own (process {pid}): member {}",
            present("the partner's member", enrolled.member)?
        ),
    );
    stage.wire_since(before);
    check("the partner's household", enrolled.enrollment, mother.enrollment)?;
    check("whether the partner is the same member", enrolled.member == mother.member, false)?;
    check("whether the partner's sync was verified", synced.verified_at.is_some(), true)?;
    check("consultations on the partner's phone", seen.len(), 0)?;
    check_cards(stage, 2).await
}

/// The card is for two.
async fn one_too_many(stage: &mut Stage, card: &str) -> Result<(), Failure> {
    let address = stage.phone_address();
    stage.third.start(&address).await?;
    let before = stage.proxy.traffic();
    let enroll = Command::Enroll { typed: card.to_owned() };
    let refusal = stage.third.on()?.refused("a third phone", enroll, "enrollment_card_full").await?;
    stage.evidence.line("third", format_args!("a third phone, the same card: {}", refusal.code));
    stage.evidence.line("phone", format_args!("「{}」", refusal.ja));
    stage.wire_since(before);
    let programme = Programme::parse(programmes::FUCHU_2021).map_err(Failure::broken)?;
    check_contains("whom to ask", &refusal.ja, &programme.ask_about_cards.ja)?;
    let none: Option<Enrollment> = stage.third.on()?.get(Command::Enrollment).await?;
    check("the third phone's enrollment", none, None)?;
    stage.third.take()?.stop().await?;
    check_cards(stage, 2).await
}

/// Nothing is asked before consent.
async fn consent(stage: &mut Stage) -> Result<(), Failure> {
    let before = stage.proxy.traffic();
    let ask = Command::Ask {
        service: Service::Pediatrics,
        subject: Subject::Parent,
        text: stage.typed(texts::FIRST_QUESTION)?,
    };
    let refusal = stage.mother.on()?.refused("a question before consent", ask, "consent_needed").await?;
    stage.evidence.line("phone", format_args!("a question before consent: 「{}」", refusal.ja));
    let decision = Decision {
        purpose: Purpose::Service,
        state: ConsentState::Grant,
        text_id: "service-ja-1".to_owned(),
        language: "ja".to_owned(),
        text: texts::CONSENT.to_owned(),
    };
    stage.mother.on()?.get::<()>(Command::DecideConsent(decision)).await?;
    stage.evidence.line("parent", "consents to service-ja-1, in force at once, to be synced later");
    check("requests made for it", stage.wire_since(before).requests, 0)
}

/// What the server counts: one card redeemed, by so many persons.
async fn check_cards(stage: &Stage, members: u32) -> Result<(), Failure> {
    let list = stage.operator.run(&["cards", "list", "--programme", "fuchu-2021"]).await?;
    // A line is `<number> <batch> <state> <persons joined> <day issued>`; the totals stand last.
    let joined = list.lines().filter_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        [_, _, _, joined, _] if joined != "0" => Some(joined),
        _ => None,
    });
    check("persons joined, card by card", joined.collect::<Vec<_>>(), vec![members.to_string()])?;
    let totals = list.lines().last().unwrap_or_default();
    check("what the server counts", totals, "issued 5 redeemed 1 revoked 0 replaced 0")?;
    stage.evidence.line("server", format_args!("{totals}; persons joined with that card: {members}"));
    Ok(())
}

/// The grant in a reply, taken from the wire.
fn granted(reply: &[u8]) -> Result<Grant, Failure> {
    let reply: EnrollmentReply = serde_json::from_slice(reply).map_err(Failure::broken)?;
    match reply.result {
        EnrollmentResult::Granted(grant) => Ok(grant),
        EnrollmentResult::Refused(refusal) => Err(Failure::Claim {
            what: "the server's reply".to_owned(),
            expected: "a grant".to_owned(),
            found: format!("{refusal:?}"),
        }),
    }
}

/// The code with the second symbol of its third group replaced by the next of the alphabet.
fn with_wrong_symbol(code: &str) -> String {
    let next = |symbol: char| {
        let mut after = ALPHABET.chars().cycle().skip_while(move |known| *known != symbol);
        after.nth(1).unwrap_or(symbol)
    };
    // Two groups of four with their hyphens, then one symbol.
    let wrong =
        code.chars().enumerate().map(|(place, symbol)| if place == 11 { next(symbol) } else { symbol });
    wrong.collect()
}

/// What a Japanese keyboard makes of a code: full-width, lower case, ー for hyphens.
fn as_typed(code: &str) -> String {
    let full_width = |symbol: char| match symbol {
        '-' => 'ー',
        symbol => char::from_u32(u32::from(symbol.to_ascii_lowercase()) + 0xfee0).unwrap_or(symbol),
    };
    code.chars().map(full_width).collect()
}
