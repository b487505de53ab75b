//! The door for the app: every call of `yorisoi_core::YorisoiClient`, one line each.

use std::collections::HashMap;
use std::sync::Arc;

use yorisoi_core as core;
use yorisoi_core::transport::Authorities;

use crate::consultations::{ConsultationPage, DraftPage, MessagePage, NewDraft, PhotoView, list, photo_id};
use crate::enrollment::{CardView, EnrollmentView, ManifestView};
use crate::erasure::ErasureView;
use crate::error::YorisoiError;
use crate::family::{FamilyFact, FamilyFacts};
use crate::host::{Clock, KeyStore, Notices, host};
use crate::runtime::Threads;
use crate::safety::{RedFlagList, ShownContact};
use crate::types::{ClockState, ConsentState, Moment, Purpose, Service, Subject};
use crate::views::{
    ConsentText, ConsentView, EligibilityView, SearchHit, Standing, SurveyView, consultation_id, message_id,
};

/// What the app decides before it opens the library.
#[derive(uniffi::Record)]
pub struct ClientConfig {
    /// A directory of this person's own, excluded from backups: its absolute path.
    pub directory: String,
    /// The server's address, such as `https://soudan.example.jp`.
    pub server: String,
    /// The public halves of the two root keys whose manifests are believed, each base64url of 32 bytes.
    pub roots: Vec<String>,
    /// The signed manifest the app brings along, so that a first start without network knows its programmes and their
    /// safety contacts.
    #[uniffi(default)]
    pub manifest: Option<Vec<u8>>,
    /// Certificates of authorities that are believed beside Mozilla's list: each one certificate as DER, or one or more as
    /// text (PEM). Only for a server whose certificate no public authority signed.
    #[uniffi(default)]
    pub authorities: Vec<Vec<u8>>,
}

impl ClientConfig {
    fn read(self) -> Result<core::ClientConfig, YorisoiError> {
        let Self { directory, server, roots, manifest, authorities } = self;
        let roots = roots.try_into().map_err(|_| YorisoiError::setting("two root keys are needed"))?;
        let authorities = authorities
            .iter()
            .try_fold(Authorities::public(), |believed, more| believed.and(more))
            .map_err(|_| YorisoiError::setting("the certificate of an authority"))?;
        Ok(core::ClientConfig { directory: directory.into(), server, authorities, roots, manifest })
    }
}

/// What time it is, and how far that can be relied on.
#[derive(uniffi::Record)]
pub struct TrustedTime {
    /// What time it is.
    pub now: Moment,
    /// How far that can be relied on.
    pub state: ClockState,
}

/// The library, opened. One owns one directory: one person on one phone.
#[derive(uniffi::Object)]
pub struct YorisoiClient {
    pub(crate) threads: Threads,
}

#[uniffi::export]
impl YorisoiClient {
    /// Opens the library: reads the key and the database's first pages, on a thread of the library's own.
    #[uniffi::constructor]
    pub async fn open(
        config: ClientConfig,
        keys: Arc<dyn KeyStore>,
        clock: Arc<dyn Clock>,
        notices: Arc<dyn Notices>,
    ) -> Result<Arc<Self>, YorisoiError> {
        let open = move || Ok(core::YorisoiClient::open(&config.read()?, host(keys, clock, notices)?)?);
        Ok(Arc::new(Self { threads: Threads::open(open).await? }))
    }

    /// Opens the library where its key is gone or is another database's: sets that database aside and begins a new one. Only
    /// after the person was told that the history is lost to this phone. A key that fits opens as always, and nothing is set
    /// aside; a key store that is locked or failing is an error, and everything stays. What waited in the file is handed in by
    /// the next sync or by `hand_in_set_aside`.
    #[uniffi::constructor]
    pub async fn start_over(
        config: ClientConfig,
        keys: Arc<dyn KeyStore>,
        clock: Arc<dyn Clock>,
        notices: Arc<dyn Notices>,
    ) -> Result<Arc<Self>, YorisoiError> {
        let open = move || Ok(core::YorisoiClient::start_over(&config.read()?, host(keys, clock, notices)?)?);
        Ok(Arc::new(Self { threads: Threads::open(open).await? }))
    }

    /// What time it is, and how far that can be relied on.
    pub async fn time(&self) -> Result<TrustedTime, YorisoiError> {
        let call = |client: &core::YorisoiClient| {
            let time = client.time();
            Ok(TrustedTime { now: time.now.into(), state: time.state.into() })
        };
        self.threads.local(call).await
    }

    /// Numbers to call, with no network and before enrolling, each with whether it answers now. 119 stands first, always.
    pub async fn safety_contacts(&self) -> Result<Vec<ShownContact>, YorisoiError> {
        self.threads.local(|client| Ok(list(client.safety_contacts()))).await
    }

    /// Published signs to call for help at once, word for word, with no network and before enrolling.
    pub async fn red_flags(&self) -> Result<Vec<RedFlagList>, YorisoiError> {
        self.threads.local(|client| Ok(list(client.red_flags()))).await
    }

    /// Looks at what a person typed or scanned, without network: is it a card, of which programme, may it be redeemed now?
    pub async fn check_card(&self, typed: String) -> Result<CardView, YorisoiError> {
        self.threads.local(move |client| Ok(client.check_card(&typed)?.into())).await
    }

    /// Redeems a card, typed or scanned. Repeating it from the same device gives the same grant, so a lost reply loses
    /// nothing. A valid QR code without network gives a provisional place; the next sync redeems it. A device that has a
    /// granted place in the card's programme gets that place as the answer to any card of it, and the card stays unused.
    pub async fn enroll(&self, typed: String) -> Result<EnrollmentView, YorisoiError> {
        self.threads.remote(|client| async move { Ok(client.enroll(&typed).await?.into()) }).await
    }

    /// Joins a programme that is open to everybody who knows its phrase (合言葉). Needs the network.
    pub async fn enroll_with_phrase(
        &self,
        programme: String,
        phrase: String,
    ) -> Result<EnrollmentView, YorisoiError> {
        let call = |client: Arc<core::YorisoiClient>| async move {
            Ok(client.enroll_with_phrase(&programme, &phrase).await?.into())
        };
        self.threads.remote(call).await
    }

    /// The manifest this device goes by; nothing for an app that brought none along and has not reached the server yet.
    pub async fn manifest(&self) -> Result<Option<ManifestView>, YorisoiError> {
        self.threads.local(|client| Ok(client.manifest().map(ManifestView::from))).await
    }

    /// Asks the server for a newer manifest. A sync does so once a day by itself.
    pub async fn refresh_manifest(&self) -> Result<ManifestView, YorisoiError> {
        self.threads.remote(|client| async move { Ok(client.refresh_manifest().await?.into()) }).await
    }

    /// This device's place in a programme, if it has one.
    pub async fn enrollment(&self) -> Result<Option<EnrollmentView>, YorisoiError> {
        self.threads.local(|client| Ok(client.enrollment()?.map(EnrollmentView::from))).await
    }

    /// What was told of the family. In loss mode no birth date is among it; none is forgotten.
    pub async fn family_facts(&self) -> Result<FamilyFacts, YorisoiError> {
        self.threads.local(|client| Ok(client.family_facts()?.into())).await
    }

    /// Tells something of the family, tells it differently, or takes it back. None of it is ever needed, and none leaves
    /// the phone except in an export.
    pub async fn tell_family_fact(&self, fact: FamilyFact) -> Result<(), YorisoiError> {
        let fact = fact.try_into()?;
        self.threads.local(move |client| Ok(client.tell_family_fact(fact)?)).await
    }

    /// Whether a question may be asked now, by the card and by what was told of the family.
    pub async fn may_ask(&self) -> Result<EligibilityView, YorisoiError> {
        self.threads.local(|client| Ok(client.may_ask()?.into())).await
    }

    /// Asks a question. It is saved on the phone when this returns, and sent by the next sync.
    pub async fn ask(
        &self,
        service: Service,
        subject: Subject,
        text: String,
    ) -> Result<String, YorisoiError> {
        let subject = subject.try_into()?;
        self.threads.local(move |client| Ok(client.ask(service.into(), subject, &text)?.to_string())).await
    }

    /// Adds to a consultation.
    pub async fn follow_up(&self, consultation: String, text: String) -> Result<(), YorisoiError> {
        let consultation = consultation_id(&consultation)?;
        self.threads.local(move |client| Ok(client.follow_up(consultation, &text)?)).await
    }

    /// Saves what is half-written and gives its id. Call it as the person types.
    pub async fn save_draft(&self, draft: NewDraft) -> Result<String, YorisoiError> {
        let draft = draft.try_into()?;
        self.threads.local(move |client| Ok(client.save_draft(&draft)?.to_string())).await
    }

    /// What is half-written, the one saved last first: the first `most` (1 to 500), or those after an earlier page's `next`.
    pub async fn drafts(&self, after: Option<u64>, most: u32) -> Result<DraftPage, YorisoiError> {
        self.threads.local(move |client| Ok(client.drafts(after, most)?.into())).await
    }

    /// Sends a draft: queues it and takes it from the drafts, in one step. Gives the consultation's id.
    pub async fn send_draft(&self, id: String) -> Result<String, YorisoiError> {
        let id = message_id(&id)?;
        self.threads.local(move |client| Ok(client.send_draft(id)?.to_string())).await
    }

    /// Marks a draft as ready to be sent, or as not ready. A draft that is ready is sent by the first sync at which it may be,
    /// and until then it is kept like a question that waits: should the phone lose its key, it can be handed in all the same.
    /// Saving a draft again takes the mark away.
    pub async fn mark_draft_ready(&self, id: String, ready: bool) -> Result<(), YorisoiError> {
        let id = message_id(&id)?;
        self.threads.local(move |client| Ok(client.mark_draft_ready(id, ready)?)).await
    }

    /// Throws a draft away.
    pub async fn discard_draft(&self, id: String) -> Result<(), YorisoiError> {
        let id = message_id(&id)?;
        self.threads.local(move |client| Ok(client.discard_draft(id)?)).await
    }

    /// Adds the photo in a file to a draft: JPEG or PNG by content, at most 32 MiB, rewritten without location and all other
    /// metadata, sealed. Anything else, HEIC first, is `photo_not_supported`: hand over a JPEG. At most four to a message.
    /// The file stays. A photo follows the text of its message in a later part of a sync, once the purpose `photo` is agreed to.
    pub async fn add_photo(&self, draft: String, path: String) -> Result<PhotoView, YorisoiError> {
        let draft = message_id(&draft)?;
        let call =
            move |client: &core::YorisoiClient| Ok(client.add_photo_file(draft, path.as_ref())?.into());
        self.threads.local(call).await
    }

    /// The photos of a draft or an own message, in the order in which they were added.
    pub async fn photos(&self, owner: String) -> Result<Vec<PhotoView>, YorisoiError> {
        let owner = message_id(&owner)?;
        self.threads.local(move |client| Ok(list(client.photos(owner)?))).await
    }

    /// Writes a photo into a new file, as it was kept. A file that is there already is not touched.
    pub async fn write_photo(&self, owner: String, photo: String, path: String) -> Result<(), YorisoiError> {
        let (owner, photo) = (message_id(&owner)?, photo_id(&photo)?);
        self.threads.local(move |client| Ok(client.write_photo_file(owner, photo, path.as_ref())?)).await
    }

    /// Takes a photo from a draft.
    pub async fn remove_photo(&self, draft: String, photo: String) -> Result<(), YorisoiError> {
        let (draft, photo) = (message_id(&draft)?, photo_id(&photo)?);
        self.threads.local(move |client| Ok(client.remove_photo(draft, photo)?)).await
    }

    /// Consultations, the one written in last first: the first `most` (1 to 500), or those after an earlier page's `next`.
    /// One that is written in meanwhile moves to the head of the list.
    pub async fn consultations(
        &self,
        after: Option<u64>,
        most: u32,
    ) -> Result<ConsultationPage, YorisoiError> {
        self.threads.local(move |client| Ok(client.consultations(after, most)?.into())).await
    }

    /// The messages of a consultation in the order in which this phone had them: the newest `most` (1 to 500), or those
    /// before an earlier page's `before`.
    pub async fn messages(
        &self,
        consultation: String,
        before: Option<u32>,
        most: u32,
    ) -> Result<MessagePage, YorisoiError> {
        let consultation = consultation_id(&consultation)?;
        self.threads.local(move |client| Ok(client.messages(consultation, before, most)?.into())).await
    }

    /// Marks the answers among the first `seen` messages of a consultation as read: hand in the `total` of the page that was
    /// shown, so that an answer that came meanwhile stays unread.
    pub async fn mark_read(&self, consultation: String, seen: u32) -> Result<(), YorisoiError> {
        let consultation = consultation_id(&consultation)?;
        self.threads.local(move |client| Ok(client.mark_read(consultation, seen)?)).await
    }

    /// How many answers are not read yet.
    pub async fn unread_count(&self) -> Result<u32, YorisoiError> {
        self.threads.local(|client| Ok(client.unread_count()?)).await
    }

    /// Looks through everything written and answered, offline. Two characters are the least.
    pub async fn search(&self, words: String) -> Result<Vec<SearchHit>, YorisoiError> {
        self.threads.local(move |client| Ok(list(client.search(&words)?))).await
    }

    /// Changes the root key: the key store saves a new one, and everything is sealed anew under it. From one process at a
    /// time; an extension that is open must be opened anew afterwards. Cut anywhere, nothing is lost.
    pub async fn change_root_key(&self) -> Result<(), YorisoiError> {
        self.threads.local(|client| Ok(client.change_root_key()?)).await
    }

    /// The survey of the programme, if it has one, and whether it is to be shown.
    pub async fn survey(&self) -> Result<Option<SurveyView>, YorisoiError> {
        self.threads.local(|client| Ok(client.survey()?.map(SurveyView::from))).await
    }

    /// Says that the survey, or its one reminder, was just put before the person.
    pub async fn mark_survey_shown(&self) -> Result<(), YorisoiError> {
        self.threads.local(|client| Ok(client.mark_survey_shown()?)).await
    }

    /// Answers the survey, once. Every item is mentioned; a skipped one has no choice.
    pub async fn answer_survey(&self, answers: HashMap<String, Option<u8>>) -> Result<(), YorisoiError> {
        self.threads.local(move |client| Ok(client.answer_survey(&answers.into_iter().collect())?)).await
    }

    /// Writes down a decision about a purpose. It is in force on the phone at once.
    pub async fn decide_consent(
        &self,
        purpose: Purpose,
        state: ConsentState,
        text: ConsentText,
    ) -> Result<(), YorisoiError> {
        let call = move |client: &core::YorisoiClient| {
            Ok(client.decide_consent(purpose.into(), state.into(), &text.into())?)
        };
        self.threads.local(call).await
    }

    /// What was last said about each purpose. A purpose without an entry counts as denied.
    pub async fn consents(&self) -> Result<Vec<ConsentView>, YorisoiError> {
        self.threads.local(|client| Ok(list(client.consents()?))).await
    }

    /// Where a purpose stands with respect to the text the app would show now, such as `survey-ja-2`.
    pub async fn consent_standing(
        &self,
        purpose: Purpose,
        text_id: String,
    ) -> Result<Standing, YorisoiError> {
        self.threads.local(move |client| Ok(client.consent_standing(purpose.into(), &text_id)?.into())).await
    }

    /// Whether loss mode is on.
    pub async fn loss_mode(&self) -> Result<bool, YorisoiError> {
        self.threads.local(|client| Ok(client.loss_mode()?)).await
    }

    /// Turns loss mode on or off. No reason is asked, nothing is sent, entitlement stays. Birth dates that were told are
    /// kept and shown no more until it is off.
    pub async fn set_loss_mode(&self, on: bool) -> Result<(), YorisoiError> {
        self.threads.local(move |client| Ok(client.set_loss_mode(on)?)).await
    }

    /// Lets go of every file and lock: waits for the write that runs, never for the network. Await it before the time that
    /// the system gives an app in the background is over; a phone may end an app that holds a lock while suspended. Await it to
    /// its end: one that is cancelled happens all the same, and perhaps after a `resume` that was called later.
    pub async fn suspend(&self) -> Result<(), YorisoiError> {
        self.threads
            .local(|client| {
                client.suspend();
                Ok(())
            })
            .await
    }

    /// Takes the files up again. Until then every call that needs them fails with `Suspended`.
    pub async fn resume(&self) -> Result<(), YorisoiError> {
        self.threads.local(|client| Ok(client.resume()?)).await
    }

    /// Writes everything this phone holds of the person into one ZIP archive at `path`: a page that opens in a browser, a JSON
    /// text, the photos. Hand in a place in the app's cache directory, give the file to the share sheet, and delete it: it is
    /// not encrypted. Works offline and after the programme's end. The file is there whole or not at all.
    pub async fn export_archive(&self, path: String) -> Result<(), YorisoiError> {
        self.threads.local(move |client| Ok(client.export(path.as_ref())?)).await
    }

    /// Erases everything this phone holds of the person: offline, at any time, for good. What is under way ends with
    /// `not_enrolled`; the library then is one that is not enrolled. The server is told at the next sync.
    pub async fn erase(&self) -> Result<(), YorisoiError> {
        self.threads.local(|client| Ok(client.erase()?)).await
    }

    /// Erasures that the server is still to be told of, and those it confirmed since the last one, oldest first.
    pub async fn erasures(&self) -> Result<Vec<ErasureView>, YorisoiError> {
        self.threads.local(|client| Ok(list(client.erasures()?))).await
    }

    /// Tells the server what was erased here, so that it erases the same, and keeps its receipt. Needs no place in a programme.
    pub async fn finish_erasures(&self) -> Result<Vec<ErasureView>, YorisoiError> {
        self.threads.remote(|client| async move { Ok(list(client.finish_erasures().await?)) }).await
    }
}
