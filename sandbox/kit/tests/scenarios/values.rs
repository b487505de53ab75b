//! What the library gives, as the JSON of the scenarios.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use yorisoi_core::error::refusal_code;
use yorisoi_core::family::FamilyFacts;
use yorisoi_core::view::*;
use yorisoi_protocol::consent::Standing;
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::question::Subject;
use yorisoi_protocol::red_flags::RedFlagList;
use yorisoi_protocol::safety::{HoursNow, ShownContact};
use yorisoi_protocol::time::TrustedTime;
use yorisoi_protocol::{Eligibility, Timestamp, Words};

use crate::exercised::{note, snake};

/// Something that has a form in scenarios.
pub trait Shown {
    fn shown(&self) -> Value;
}

/// An enum without fields, by the name it has in the code.
pub fn plain(of: &str, value: &impl std::fmt::Debug) -> Value {
    variant(of, &format!("{value:?}"), None)
}

fn variant(of: &str, name: &str, fields: Option<Value>) -> Value {
    let name = snake(name);
    note(format!("variant {of}.{name}"));
    match fields {
        None => name.into(),
        Some(fields) => Value::Object(Map::from_iter([(name, fields)])),
    }
}

pub fn moment(at: Timestamp) -> Value {
    DateTime::from_timestamp_millis(at.millis()).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

fn perhaps<T>(value: Option<T>, shown: impl Fn(T) -> Value) -> Value {
    value.map_or(Value::Null, shown)
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> Value {
        self.iter().map(Shown::shown).collect()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> Value {
        self.as_ref().map_or(Value::Null, Shown::shown)
    }
}

impl Shown for () {
    fn shown(&self) -> Value {
        Value::Null
    }
}

impl Shown for Words {
    fn shown(&self) -> Value {
        json!({"ja": self.ja, "en": self.en})
    }
}

impl Shown for TrustedTime {
    fn shown(&self) -> Value {
        json!({"now": moment(self.now), "state": plain("ClockState", &self.state)})
    }
}

impl Shown for Eligibility {
    fn shown(&self) -> Value {
        let (name, fields) = match self {
            Self::Eligible { until } => ("Eligible", json!({"until": perhaps(*until, moment)})),
            Self::NotYet { from } => ("NotYet", json!({"from": moment(*from)})),
            Self::Ended { since } => ("Ended", json!({"since": moment(*since)})),
            Self::Unknown { missing } => {
                let missing: Vec<Value> = missing.iter().map(|missing| plain("Missing", missing)).collect();
                ("Unknown", json!({"missing": missing}))
            }
        };
        variant("Eligibility", name, Some(fields))
    }
}

impl Shown for EligibilityView {
    fn shown(&self) -> Value {
        json!({
            "eligibility": self.eligibility.shown(), "words": self.words.shown(), "path": self.path,
            "reason": self.reason.shown(),
        })
    }
}

impl Shown for CardView {
    fn shown(&self) -> Value {
        let kind = match &self.kind {
            CardKind::Code => variant("CardKind", "Code", None),
            CardKind::Ticket { provisional } => {
                variant("CardKind", "Ticket", Some(json!({"provisional": provisional.shown()})))
            }
        };
        json!({"programme": self.programme, "name": self.name.shown(), "kind": kind, "redeem": self.redeem.shown()})
    }
}

impl Shown for EnrollmentView {
    fn shown(&self) -> Value {
        let state = match &self.state {
            EnrollmentState::Provisional { until } => {
                variant("EnrollmentState", "Provisional", Some(json!({"until": moment(*until)})))
            }
            EnrollmentState::Redeemed => variant("EnrollmentState", "Redeemed", None),
            EnrollmentState::Refused(refusal) => {
                variant("EnrollmentState", "Refused", Some(json!({"code": refusal_code(*refusal)})))
            }
        };
        json!({
            "programme": self.programme, "name": self.name.shown(), "state": state,
            "trust": plain("Trust", &self.trust), "since": moment(self.since),
            "enrollment": self.enrollment.map(|id| id.to_string()), "member": self.member.map(|id| id.to_string()),
        })
    }
}

impl Shown for ManifestView {
    fn shown(&self) -> Value {
        json!({
            "version": self.version, "issued_at": moment(self.issued_at), "not_after": moment(self.not_after),
            "degraded": self.degraded, "update_needed": self.update_needed,
        })
    }
}

impl Shown for Subject {
    fn shown(&self) -> Value {
        match self {
            Self::Child { born } => {
                variant("Subject", "Child", Some(json!({"born": born.map(|day| day.to_string())})))
            }
            Self::Parent => variant("Subject", "Parent", None),
        }
    }
}

impl Shown for ConsultationView {
    fn shown(&self) -> Value {
        json!({
            "id": self.id.to_string(), "service": plain("Service", &self.service), "subject": self.subject.shown(),
            "preview": self.preview, "step": plain("MessageStep", &self.step), "due": perhaps(self.due, moment),
            "last": moment(self.last), "unread": self.unread, "messages": self.messages,
        })
    }
}

impl Shown for ConsultationPage {
    fn shown(&self) -> Value {
        json!({
            "consultations": self.consultations.shown(), "total": self.total, "unread": self.unread, "next": self.next,
        })
    }
}

impl Shown for MessageView {
    fn shown(&self) -> Value {
        json!({
            "id": self.id.to_string(), "role": perhaps(self.role.as_ref(), |role| plain("ClinicianRole", role)),
            "text": self.text, "at": moment(self.at),
            "step": perhaps(self.step.as_ref(), |step| plain("MessageStep", step)),
            "due": perhaps(self.due, moment), "held_since": perhaps(self.held_since, moment),
            "refusal": self.refusal.shown(),
        })
    }
}

impl Shown for MessagePage {
    fn shown(&self) -> Value {
        json!({"messages": self.messages.shown(), "total": self.total, "before": self.before})
    }
}

impl Shown for DraftView {
    fn shown(&self) -> Value {
        json!({
            "id": self.id.to_string(), "service": perhaps(self.service.as_ref(), |service| plain("Service", service)),
            "subject": self.subject.shown(), "consultation": self.consultation.map(|id| id.to_string()),
            "text": self.text, "begun": moment(self.begun), "send": self.send.shown(), "ready": self.ready,
        })
    }
}

impl Shown for DraftPage {
    fn shown(&self) -> Value {
        json!({"drafts": self.drafts.shown(), "total": self.total, "next": self.next})
    }
}

impl Shown for PhotoView {
    fn shown(&self) -> Value {
        let sent = match self.sent {
            PhotoSent::Going { bytes } => variant("PhotoSent", "Going", Some(json!({"bytes": bytes}))),
            other => plain("PhotoSent", &other),
        };
        json!({
            "id": self.id.to_string(), "kind": plain("PhotoKind", &self.kind), "width": self.width,
            "height": self.height, "bytes": self.bytes, "sent": sent, "sent_words": self.sent.words().shown(),
        })
    }
}

impl Shown for SearchHit {
    fn shown(&self) -> Value {
        let found_in = match &self.found_in {
            FoundIn::Message { consultation, message } => {
                let place = json!({"consultation": consultation.to_string(), "message": message.to_string()});
                variant("FoundIn", "Message", Some(place))
            }
            FoundIn::Draft(draft) => variant("FoundIn", "Draft", Some(json!({"draft": draft.to_string()}))),
        };
        json!({"found_in": found_in, "snippet": self.snippet})
    }
}

impl Shown for SurveyView {
    fn shown(&self) -> Value {
        let scales = &self.definition.scales;
        let items = self.definition.items.iter().map(|item| {
            let scale: Vec<Value> = scales.get(&item.scale).into_iter().flatten().map(Shown::shown).collect();
            json!({"id": item.id, "text": item.text.shown(), "scale": scale})
        });
        json!({
            "items": items.collect::<Vec<_>>(), "state": plain("SurveyState", &self.state),
            "reminder_due": self.reminder_due, "answered_version": self.answered_version, "answers": self.answers,
        })
    }
}

impl Shown for ConsentView {
    fn shown(&self) -> Value {
        json!({
            "purpose": plain("Purpose", &self.purpose), "state": plain("ConsentState", &self.state),
            "at": moment(self.at),
        })
    }
}

impl Shown for Standing {
    fn shown(&self) -> Value {
        let (name, fields) = match self {
            Self::NeverAsked => ("NeverAsked", None),
            Self::Granted => ("Granted", None),
            Self::Denied { old } => ("Denied", Some(json!({"old": old}))),
            Self::Withdrawn => ("Withdrawn", None),
            Self::AskAgain { old } => ("AskAgain", Some(json!({"old": old}))),
        };
        variant("Standing", name, fields)
    }
}

impl Shown for ShownContact {
    fn shown(&self) -> Value {
        let hours_now = match &self.hours_now {
            HoursNow::Open { until } => {
                variant("HoursNow", "Open", Some(json!({"until": perhaps(*until, moment)})))
            }
            HoursNow::Closed { from } => {
                variant("HoursNow", "Closed", Some(json!({"from": perhaps(*from, moment)})))
            }
        };
        let contact = &self.contact;
        json!({
            "contact": {
                "label": contact.label.shown(), "digits": contact.digits, "short": contact.short,
                "languages": contact.languages, "note": contact.note.shown(),
            },
            "hours_now": hours_now, "stale": self.stale,
        })
    }
}

impl Shown for RedFlagList {
    fn shown(&self) -> Value {
        json!({
            "id": self.id, "version": self.version, "sha256": self.shown().sha256, "source": self.source.shown(),
            "audience": plain("RedFlagAudience", &self.audience), "items": self.items.shown(),
        })
    }
}

impl Shown for DateFact {
    fn shown(&self) -> Value {
        match self {
            Self::Known(day) => variant("DateFact", "Known", Some(json!({"day": day.to_string()}))),
            Self::Month { year, month } => {
                variant("DateFact", "Month", Some(json!({"year": year, "month": month})))
            }
            Self::NotTold => variant("DateFact", "NotTold", None),
        }
    }
}

impl Shown for FamilyFacts {
    fn shown(&self) -> Value {
        json!({
            "children": self.children.shown(), "delivered": self.delivered.shown(),
            "caregiver_since": self.caregiver_since.shown(),
            "moved_out": self.moved_out.as_ref().map(|moved| moved.day.to_string()),
        })
    }
}

impl Shown for SyncPause {
    fn shown(&self) -> Value {
        json!({"not_before": moment(self.not_before), "why": plain("PauseReason", &self.why)})
    }
}

impl Shown for SyncReport {
    fn shown(&self) -> Value {
        let ended = match &self.ended {
            SyncEnd::TooEarly(pause) => variant("SyncEnd", "TooEarly", Some(json!({"pause": pause.shown()}))),
            other => plain("SyncEnd", other),
        };
        json!({
            "requests": self.requests, "answered": self.answered, "held": self.held, "refused": self.refused,
            "received": self.received, "pending": self.pending, "verified_at": perhaps(self.verified_at, moment),
            "retry_after_seconds": self.retry_after_seconds, "ended": ended,
        })
    }
}

impl Shown for SyncAttempt {
    fn shown(&self) -> Value {
        json!({
            "at": moment(self.at), "outcome": self.outcome, "words": self.words.shown(), "failures": self.failures,
        })
    }
}

impl Shown for SyncState {
    fn shown(&self) -> Value {
        json!({
            "pending": self.pending, "ready_drafts": self.ready_drafts, "set_aside": self.set_aside,
            "photos": self.photos, "verified_at": perhaps(self.verified_at, moment), "online": self.online, "digest": self.digest,
            "last_attempt": self.last_attempt.shown(), "pause": self.pause.shown(),
        })
    }
}

impl Shown for ErasureView {
    fn shown(&self) -> Value {
        let state = match &self.state {
            ErasureState::Waiting => variant("ErasureState", "Waiting", None),
            ErasureState::Confirmed(receipt) => {
                let receipt = json!({
                    "device": receipt.device.to_string(), "erasure": receipt.erasure.to_string(),
                    "at": moment(receipt.at), "signature": receipt.signature,
                });
                variant("ErasureState", "Confirmed", Some(json!({"receipt": receipt})))
            }
            ErasureState::NotKnown => variant("ErasureState", "NotKnown", None),
        };
        json!({"programme": self.programme, "asked_at": moment(self.asked_at), "state": state})
    }
}

impl Shown for SetAsideView {
    fn shown(&self) -> Value {
        json!({
            "number": self.number, "waiting": self.waiting, "held": self.held, "refused": self.refused,
            "lost": self.lost, "damaged": self.damaged,
        })
    }
}
