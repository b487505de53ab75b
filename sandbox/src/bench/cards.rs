//! What checking a card costs the phone, against what nobody could leave out.
//!
//! Both sides of a row run in turns of the same length in one process, so that whatever the machine does befalls both;
//! the median of many turns is told.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use unicode_normalization::UnicodeNormalization;
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::cbor::Writer;
use yorisoi_protocol::eligibility::{DateFact, Residence};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::signed::{self, KeyId, TICKET_AAD};
use yorisoi_protocol::ticket::claims::Claims;
use yorisoi_protocol::ticket::{KeyStatus, Ticket, TicketKey, TicketKeys, TicketTerms};
use yorisoi_protocol::{CivilDate, EnrollmentCode, Facts, RuleSet, Timestamp};
use yorisoi_sandbox::rig::RigError;

use crate::row;

const TURNS: usize = 400;
const WARM_UP: usize = 20;
/// As a Japanese keyboard gives it: full-width, lower case, ー for the hyphen.
const TYPED: &str = "１０３７ーｋ９ｑｘーｒ２ｍ３ーｔｑ４ｒ";

const RULES: &str = r#"{"id":"example-sango/1","municipality":"131121","use":{"all":[{"programme":40},
    {"resides":"131121"},{"any":[{"delivered_within":{"months":12,"count":"Art140"}},
    {"child_age_lt":{"months":12,"count":"AgeLaw"}},{"caregiver_of_infant":{}}]}]},"move_out":"EndOfMonth"}"#;

pub(crate) fn run() -> Result<(), RigError> {
    code_check()?;
    ticket_verify()?;
    eligibility_evaluate()
}

/// Against NFKC of the same text alone: the one step that no reader of full-width text can do without.
fn code_check() -> Result<(), RigError> {
    EnrollmentCode::parse(TYPED)?;
    let ours = || EnrollmentCode::parse(black_box(TYPED)).is_ok();
    let reference = || black_box(TYPED).nfkc().collect::<String>().chars().count() == 19;
    let (ours, reference) = compared(200, ours, reference)?;
    row::told("code_check", &nanos(ours), &nanos(reference), ratio(ours, reference));
    Ok(())
}

/// From the text of the QR code to verified claims, against `ring` verifying the same signed bytes and nothing else.
fn ticket_verify() -> Result<(), RigError> {
    let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).map_err(|_| "no key of this seed")?;
    let public = signed::public_key(&key);
    let kid = KeyId::of(&public);
    let issuer = Municipality::parse("132063")?;
    let terms = TicketTerms {
        issuer: issuer.clone(),
        not_before: Timestamp::from_seconds(1_627_830_000),
        expires: Timestamp::from_seconds(1_640_962_800),
        issued_at: Timestamp::from_seconds(1_627_800_000),
        rule_set_version: 1,
    };
    let code = EnrollmentCode::parse(TYPED)?;
    let claims = Claims::of(&terms, &code).ok_or("terms of no ticket")?.write();
    let ticket = Ticket::sign(&terms, &code, &key).ok_or("terms of no ticket")?;
    let text = TicketText::of(&ticket).to_prefixed();
    let keys = TicketKeys::new(
        vec![TicketKey {
            kid,
            public,
            issuers: vec![issuer],
            not_before: Timestamp::from_seconds(1_600_000_000),
            expires: Timestamp::from_seconds(1_700_000_000),
            status: KeyStatus::Active,
        }],
        Vec::new(),
    );
    // The Sig_structure of RFC 9052 section 4.4. That the signature fits proves that these are the same bytes.
    let protected = Writer::new().map(2).integer(1).integer(-19).integer(4).bytes(kid.as_bytes()).done();
    let text_signed =
        Writer::new().array(4).text("Signature1").bytes(&protected).bytes(TICKET_AAD).bytes(&claims).done();
    let (_, signature) = ticket.split_last_chunk::<64>().ok_or("no signature")?;
    let ours = || Ticket::parse(black_box(&text), &keys).is_ok();
    let reference =
        || UnparsedPublicKey::new(&ED25519, &public.0).verify(black_box(&text_signed), signature).is_ok();
    let (ours, reference) = compared(5, ours, reference)?;
    row::print("ticket_verify", &nanos(ours), &nanos(reference), ratio(ours, reference), 1.3);
    Ok(())
}

/// The second rule set of appendix A2, for a household that told everything, against reading those rules from
/// their JSON.
fn eligibility_evaluate() -> Result<(), RigError> {
    let rules = RuleSet::parse(RULES)?;
    let day = CivilDate::new(2021, 3, 10).ok_or("no such day")?;
    let facts = Facts {
        programme: 40,
        residence: Residence::Known { municipality: Municipality::parse("131121")?, moved_out: None },
        delivered: DateFact::Known(day),
        children: vec![DateFact::Known(day)],
        caregiver_since: None,
    };
    let now = Timestamp::from_seconds(1_633_025_520);
    let ours = || rules.use_at(black_box(&facts), now).eligibility.allowed();
    let reference = || serde_json::from_slice::<RuleSet>(black_box(RULES.as_bytes())).is_ok();
    let (ours, reference) = compared(200, ours, reference)?;
    row::told("eligibility_evaluate", &nanos(ours), &nanos(reference), ratio(ours, reference));
    Ok(())
}

/// The median time of one call of each. Every call must say `true`: what is refused early would be fast.
fn compared(
    calls: u32,
    ours: impl Fn() -> bool,
    reference: impl Fn() -> bool,
) -> Result<(Duration, Duration), RigError> {
    let turn = |call: &dyn Fn() -> bool| -> Result<Duration, RigError> {
        let start = Instant::now();
        let all = (0..calls).fold(true, |all, _| call() & all);
        let time = start.elapsed() / calls;
        if all { Ok(time) } else { Err("a call that should be accepted was refused".into()) }
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + TURNS {
        let (a, b) = if round % 2 == 0 {
            (turn(&ours)?, turn(&reference)?)
        } else {
            let b = turn(&reference)?;
            (turn(&ours)?, b)
        };
        if round >= WARM_UP {
            first.push(a);
            second.push(b);
        }
    }
    Ok((median(&mut first), median(&mut second)))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ratio(ours: Duration, reference: Duration) -> f64 {
    ours.as_secs_f64() / reference.as_secs_f64()
}

fn nanos(time: Duration) -> String {
    format!("{} ns", time.as_nanos())
}
