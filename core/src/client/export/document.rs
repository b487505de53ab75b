//! The text for machines: one JSON object, written as it is read. `docs/export.md` says what each field means.

use std::cell::Cell;
use std::io::Write;

use data_encoding::BASE64URL_NOPAD;
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ConsultationId, DeviceId, EnrollmentId, MemberId, MessageId, OperationId};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::survey::SurveyAnswers;
use yorisoi_protocol::wire::{
    EnrollmentRefusal, Grant, OperationRefusal, PublicKey, Receipt, RefusalCode, Trust,
};
use yorisoi_protocol::{Timestamp, Words};

use super::contents::{AlbumPhoto, Contents};
use super::failure::ExportFailure;
use crate::store::{
    Consultation, Draft, HeldOperation, Identity, Provisional, Settings, Store, StoreError, ThreadMessage,
    ThreadPage, Writer,
};
use crate::view::MessageStep;

/// Rises when a field changes its meaning.
const FORMAT: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    made_at: Timestamp,
    verified_at: Option<Timestamp>,
    programme: Option<ExportedProgramme<'a>>,
    enrollment: Option<ExportedEnrollment<'a>>,
    settings: &'a Settings,
    consents: &'a [ConsentEntry],
    surveys: Vec<ExportedSurvey<'a>>,
    drafts: Vec<ExportedDraft<'a>>,
    consultations: Consultations<'a>,
    operations: Operations<'a>,
}

#[derive(Serialize)]
struct ExportedProgramme<'a> {
    id: &'a str,
    name: &'a Words,
    municipality: &'a Municipality,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum ExportedEnrollment<'a> {
    Redeemed {
        programme: &'a str,
        since: Timestamp,
        trust: Trust,
        enrollment: EnrollmentId,
        member: MemberId,
        device: DeviceId,
        receipt_key: PublicKey,
    },
    Provisional {
        programme: &'a str,
        since: Timestamp,
        until: Timestamp,
    },
    Refused {
        programme: &'a str,
        since: Timestamp,
        refusal: EnrollmentRefusal,
    },
}

#[derive(Serialize)]
struct ExportedSurvey<'a> {
    id: &'a str,
    version: u32,
    answers: &'a SurveyAnswers,
}

#[derive(Serialize)]
struct ExportedDraft<'a> {
    id: MessageId,
    #[serde(flatten)]
    draft: &'a Draft,
    photos: &'a [AlbumPhoto],
}

#[derive(Serialize)]
struct ExportedConsultation<'a> {
    id: ConsultationId,
    service: Service,
    subject: Subject,
    last: Timestamp,
    unread: u32,
    taken: Option<Taken>,
    messages: Messages<'a>,
}

#[derive(Serialize)]
struct Taken {
    at: Timestamp,
    by: ClinicianRole,
}

#[derive(Serialize)]
struct ExportedMessage<'a> {
    id: MessageId,
    from: Option<ClinicianRole>,
    at: Timestamp,
    text: String,
    step: Option<MessageStep>,
    held_since: Option<Timestamp>,
    due: Option<Timestamp>,
    refusal: Option<ExportedRefusal>,
    operation: Option<u64>,
    photos: &'a [AlbumPhoto],
}

#[derive(Serialize)]
struct ExportedRefusal {
    code: RefusalCode,
    at: Option<Timestamp>,
    words: Words,
}

#[derive(Serialize)]
struct ExportedOperation {
    seq: u64,
    id: OperationId,
    text: String,
    sha256: String,
    receipt: Option<Receipt>,
    refusal: Option<ExportedRefusal>,
}

/// Where what is read while it is written says why reading failed: a serializer has no way to.
type Failed = Cell<Option<StoreError>>;

#[derive(Clone, Copy)]
struct Consultations<'a>(&'a Contents<'a>, &'a Failed);

#[derive(Clone, Copy)]
struct Messages<'a>(Consultations<'a>, ConsultationId);

struct Operations<'a>(&'a Store, &'a Failed);

/// Writes the text.
pub(super) fn write(contents: &Contents<'_>, target: &mut dyn Write) -> Result<(), ExportFailure> {
    let failed = Failed::default();
    let (held, programme) = (&contents.held, contents.programme.as_deref());
    let document = Document {
        format: FORMAT,
        made_at: contents.made_at,
        verified_at: contents.verified_at,
        programme: programme.map(|programme| ExportedProgramme {
            id: &programme.id,
            name: &programme.name,
            municipality: &programme.municipality,
        }),
        enrollment: held.identity.as_ref().and_then(enrollment),
        settings: &held.settings,
        consents: &held.consents,
        surveys: held
            .surveys
            .iter()
            .map(|(id, record)| ExportedSurvey { id, version: record.version, answers: &record.answers })
            .collect(),
        drafts: held
            .drafts
            .iter()
            .map(|(id, draft)| ExportedDraft { id: *id, draft, photos: contents.album.of_owner(*id) })
            .collect(),
        consultations: Consultations(contents, &failed),
        operations: Operations(contents.store, &failed),
    };
    let written = serde_json::to_writer(target, &document);
    match failed.take() {
        Some(error) => Err(error.into()),
        None => Ok(written.map_err(std::io::Error::from)?),
    }
}

fn enrollment(identity: &Identity) -> Option<ExportedEnrollment<'_>> {
    match (&identity.grant, &identity.provisional) {
        (Some(grant), _) => {
            let Grant { device, member, enrollment, programme, receipt_key, trust, granted_at } = grant;
            Some(ExportedEnrollment::Redeemed {
                programme,
                since: *granted_at,
                trust: *trust,
                enrollment: *enrollment,
                member: *member,
                device: *device,
                receipt_key: *receipt_key,
            })
        }
        (None, Some(Provisional { programme, since, until, refused, .. })) => Some(match refused {
            None => ExportedEnrollment::Provisional { programme, since: *since, until: *until },
            Some(refusal) => ExportedEnrollment::Refused { programme, since: *since, refusal: *refusal },
        }),
        (None, None) => None,
    }
}

fn refusal(refusal: OperationRefusal) -> ExportedRefusal {
    ExportedRefusal { code: refusal.code, at: refusal.at, words: refusal.code.words() }
}

impl Serialize for Consultations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(contents, failed) = self;
        let mut list = serializer.serialize_seq(None)?;
        for id in &contents.held.consultations {
            let Consultation { service, subject, last, taken, unread, .. } =
                read(contents.store.summary(*id), failed)?;
            let taken = taken.map(|(at, by)| Taken { at, by });
            let messages = Messages(*self, *id);
            let id = *id;
            list.serialize_element(&ExportedConsultation {
                id,
                service,
                subject,
                last,
                unread,
                taken,
                messages,
            })?;
        }
        list.end()
    }
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Consultations(contents, failed), id) = self;
        let mut list = serializer.serialize_seq(None)?;
        for page in contents.store.thread_pages(*id) {
            let ThreadPage { summary, messages, .. } = read(page, failed)?;
            for message in messages {
                list.serialize_element(&exported(contents, &summary, message))?;
            }
        }
        list.end()
    }
}

fn exported<'a>(
    contents: &'a Contents<'_>,
    summary: &Consultation,
    message: ThreadMessage,
) -> ExportedMessage<'a> {
    let ThreadMessage { id, at, text, writer } = message;
    let empty = ExportedMessage {
        id,
        from: None,
        at,
        text,
        step: None,
        held_since: None,
        due: None,
        refusal: None,
        operation: None,
        photos: contents.album.of_owner(id),
    };
    match writer {
        Writer::Clinician(role) => ExportedMessage { from: Some(role), ..empty },
        Writer::Parent { own, refusal: refused, .. } => ExportedMessage {
            step: Some(summary.step(&own)),
            held_since: own.held,
            due: own.due,
            refusal: refused.map(refusal),
            operation: Some(own.seq),
            ..empty
        },
    }
}

impl Serialize for Operations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(store, failed) = self;
        let mut list = serializer.serialize_seq(None)?;
        for page in store.operation_pages() {
            for HeldOperation { seq, id, text, receipt, refusal: refused } in read(page, failed)? {
                let (sha256, text) = (BASE64URL_NOPAD.encode(&text.hash()), text.as_str().to_owned());
                let refusal = refused.map(refusal);
                list.serialize_element(&ExportedOperation { seq, id, text, sha256, receipt, refusal })?;
            }
        }
        list.end()
    }
}

fn read<T, E: Error>(result: Result<T, StoreError>, failed: &Failed) -> Result<T, E> {
    result.map_err(|error| {
        failed.set(Some(error));
        E::custom("the store")
    })
}
