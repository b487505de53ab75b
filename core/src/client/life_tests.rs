//! A life of a phone on a disk that is watched: what the tests of lost power and failing disks are made of. It does everything
//! the store does, and notes after each step what a person saw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use async_trait::async_trait;
use yorisoi_fault_vfs::{Chance, Loss, Watch};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{Cursor, RefusalCode};

use super::*;
use crate::family::FamilyFact;
use crate::host::{NoRandomness, Randomness};
use crate::testing::{FakeServer, Fault, NIGHT, Phone, Signed, day};
use crate::transport::{Opened, Request, Response, TransportError};

/// What a person sees, and how far sync has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// Without the time of the last check, which stands beside it.
    export: String,
    verified_at: Option<Timestamp>,
    unread: u32,
    pending: u64,
    digest: String,
    pub(super) cursor: Option<Cursor>,
    manifest: Option<u64>,
}

impl View {
    pub(super) fn of(client: &YorisoiClient) -> Result<Self, YorisoiError> {
        let state = client.sync_state()?;
        let mut export: serde_json::Value = serde_json::from_str(&client.exported()?).unwrap();
        export.as_object_mut().unwrap().remove("verified_at").unwrap();
        Ok(Self {
            export: export.to_string(),
            verified_at: state.verified_at,
            unread: client.unread_count()?,
            pending: state.pending,
            digest: state.digest,
            cursor: client.store.progress()?.map(|progress| progress.cursor),
            manifest: client.manifest().map(|manifest| manifest.version),
        })
    }
}

/// A moment between two transactions.
pub(super) struct Mark {
    /// How many steps were done to the files.
    pub(super) position: usize,
    /// Whether a call that promises to survive a loss of power had just returned.
    pub(super) durable: bool,
    pub(super) view: View,
    server: FakeServer,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Open,
    Enroll,
    Consent,
    Ask,
    FollowUp,
    SaveDraft,
    EditDraft,
    LongDraft,
    SendDraft,
    DiscardDraft,
    MarkRead,
    LossMode,
    Family,
    Photo,
    /// The last weeks of the programme begin.
    December,
    ShowSurvey,
    Survey,
    /// The server answers what was asked.
    Answers,
    /// The next reply of the server is lost.
    LosesReply,
    /// The server refuses the next operation it is sent.
    Refuses,
    Sync,
    Manifest,
    Suspend,
    Reopen,
}

use Step::*;

/// Everything the store does, once or a few times.
pub(super) const STORY: [Step; 36] = [
    Open,
    Enroll,
    Consent,
    Ask,
    SaveDraft,
    Ask,
    Answers,
    Sync,
    FollowUp,
    MarkRead,
    Manifest,
    LosesReply,
    Sync,
    EditDraft,
    SaveDraft,
    SendDraft,
    Suspend,
    Answers,
    Family,
    LossMode,
    Sync,
    SaveDraft,
    Reopen,
    DiscardDraft,
    Photo,
    Refuses,
    Ask,
    Sync,
    LossMode,
    December,
    ShowSurvey,
    Survey,
    Answers,
    Sync,
    FollowUp,
    Ask,
];

/// The same things in the order of chance.
pub(super) fn story(chance: &mut Chance, length: usize) -> Vec<Step> {
    let rest = &STORY[3..];
    let body = (0..length).map(|_| rest[chance.below(rest.len())]);
    [Open, Enroll, Consent].into_iter().chain(body).collect()
}

/// The way to the server, noting what was seen around each exchange.
struct Listening {
    server: Arc<FakeServer>,
    watch: Watch,
    marks: Mutex<Vec<Mark>>,
    client: Mutex<Weak<YorisoiClient>>,
    marking: bool,
}

impl Listening {
    fn mark(&self, durable: bool) {
        let Some(client) = self.client.lock().unwrap().upgrade().filter(|_| self.marking) else {
            return;
        };
        let view = View::of(&client).unwrap();
        let position = self.watch.position();
        let mut marks = self.marks.lock().unwrap();
        // A call that had nothing to write promises nothing about what was pulled before it.
        let durable = durable && marks.last().is_none_or(|last| last.view != view);
        marks.push(Mark { position, durable, view, server: self.server.fork() });
    }
}

#[async_trait]
impl Transport for Listening {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.mark(false);
        let response = self.server.send(request).await;
        // On the way back, while a phone that sent it ahead applies the page before.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.mark(false);
        response
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.server.open(request).await
    }
}

/// Randomness that repeats.
struct Repeating(Mutex<Chance>);

impl Randomness for Repeating {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let mut chance = self.0.lock().unwrap();
        bytes.fill_with(|| chance.number() as u8);
        Ok(())
    }
}

pub(super) struct Life {
    pub(super) client: Option<Arc<YorisoiClient>>,
    way: Arc<Listening>,
    pub(super) phone: Phone,
    asked: Vec<ConsultationId>,
    drafts: Vec<MessageId>,
    seconds: i64,
    told: u8,
    version: u64,
}

impl Life {
    /// A life not yet begun. One with faults takes no notes: looking would strike them.
    pub(super) fn new(marking: bool) -> Self {
        let (mut phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(2)));
        // The same ids in each run, so that a crash that broke a rule can be repeated.
        phone.randomness = Arc::new(Repeating(Mutex::new(Chance::new(0))));
        let watch = Watch::over(phone.path()).unwrap();
        let marks = if marking { vec![Self::nothing()] } else { Vec::new() };
        let way = Listening { server, watch, marks: Mutex::new(marks), client: Mutex::default(), marking };
        let (asked, drafts) = (Vec::new(), Vec::new());
        let way = Arc::new(way);
        Self { client: None, way, phone, asked, drafts, seconds: NIGHT, told: 0, version: 1 }
    }

    /// What stands before anything was done.
    fn nothing() -> Mark {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(2)));
        let view = View::of(&phone.open(&server)).unwrap();
        Mark { position: 0, durable: true, view, server: server.fork() }
    }

    pub(super) async fn lived(steps: &[Step]) -> Self {
        let mut life = Self::new(true);
        life.live(steps).await;
        life
    }

    pub(super) async fn live(&mut self, steps: &[Step]) {
        for step in steps {
            self.pass_time();
            let durable = self.run(*step).await.unwrap_or_else(|error| panic!("{step:?}: {}", error.code()));
            self.way.mark(durable);
        }
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.way.watch
    }

    pub(super) fn server(&self) -> &Arc<FakeServer> {
        &self.way.server
    }

    pub(super) fn marks(&self) -> usize {
        self.way.marks.lock().unwrap().len()
    }

    pub(super) fn pass_time(&mut self) {
        self.seconds += 7;
        *self.phone.clock.seconds.lock().unwrap() = self.seconds;
    }

    /// The server as it was when the power went off before step `at`; `after`: it had done all it was asked by then.
    pub(super) fn server_at(&self, at: usize, after: bool) -> Arc<FakeServer> {
        let marks = self.way.marks.lock().unwrap();
        let first = marks.iter().rposition(|mark| mark.position < at).unwrap_or(0);
        let last = marks.iter().rposition(|mark| mark.position <= at).unwrap_or(0);
        Arc::new(marks[if after { last } else { first.min(last) }].server.fork())
    }

    /// What may be seen if the power goes off before step `at`: at least all that was promised, at most all that was begun.
    pub(super) fn allowed(&self, at: usize, loss: Loss) -> Vec<View> {
        let marks = self.way.marks.lock().unwrap();
        let survives = |mark: &Mark| mark.position <= at && (mark.durable || loss == Loss::Nothing);
        let first = marks.iter().rposition(survives).unwrap_or(0);
        let begun = marks.iter().map(|mark| mark.position).find(|position| *position >= at);
        let last = begun.and_then(|begun| marks.iter().rposition(|mark| mark.position == begun));
        let last = last.unwrap_or(marks.len() - 1);
        let marked = marks[first..=last].iter().map(|mark| mark.view.clone());
        // The last page of a sync is there before its check is noted: a time is late, never ahead of what was checked.
        let unnoted = marks[first..=last].windows(2).map(|pair| {
            let verified_at = pair[0].view.verified_at;
            View { verified_at, ..pair[1].view.clone() }
        });
        marked.chain(unnoted).collect()
    }

    fn client(&self) -> Result<Arc<YorisoiClient>, YorisoiError> {
        self.client.clone().ok_or(YorisoiError::NotFound)
    }

    /// Does it. Whether it promises to survive a loss of power.
    pub(super) async fn run(&mut self, step: Step) -> Result<bool, YorisoiError> {
        match step {
            Open | Reopen => {
                self.client = None;
                let client = Arc::new(self.phone.try_open_over(self.way.clone())?);
                *self.way.client.lock().unwrap() = Arc::downgrade(&client);
                self.client = Some(client);
            }
            December => self.seconds = self.seconds.max(day("2021-12-20").seconds()),
            Answers => {
                for consultation in self.asked.iter().rev().take(3) {
                    self.told += 1;
                    self.way.server.answer(self.told, *consultation, &format!("回答 {}", self.told));
                }
            }
            LosesReply => self.way.server.fail_next(Fault::ReplyLost),
            Refuses => self.way.server.refuse_next(RefusalCode::NotYet),
            Sync | Manifest => self.exchange(step).await?,
            Suspend => {
                let client = self.client()?;
                client.suspend();
                client.resume()?;
            }
            Enroll => drop(self.client()?.enroll(&self.way.server.card()).await?),
            _ => {
                let client = self.client()?;
                return self.write(&client, step).map(|()| true);
            }
        }
        Ok(step == Enroll)
    }

    async fn exchange(&mut self, step: Step) -> Result<(), YorisoiError> {
        let client = self.client()?;
        if step == Manifest {
            self.way.server.publish(Signed::version(self.version + 1).sign());
            client.refresh_manifest().await?;
            self.version += 1;
            return Ok(());
        }
        loop {
            match client.sync().await {
                Err(YorisoiError::Network(_)) => {}
                synced => return synced.map(drop),
            }
        }
    }

    /// What a person does, each in one transaction.
    fn write(&mut self, client: &YorisoiClient, step: Step) -> Result<(), YorisoiError> {
        let (child, text) = (Subject::Child { born: None }, format!("{step:?} 熱 {}", self.seconds));
        let draft = |id, text: String| {
            let (service, consultation) = (Service::Pediatrics, None);
            NewDraft { id, service, subject: child, consultation, text }
        };
        match step {
            FollowUp if !self.asked.is_empty() => client.follow_up(self.asked[0], &text)?,
            Ask | FollowUp => self.asked.push(client.ask(Service::Pediatrics, child, &text)?),
            MarkRead => self.asked.last().map_or(Ok(()), |asked| client.mark_read(*asked, u32::MAX))?,
            SendDraft if !self.drafts.is_empty() => {
                self.asked.push(client.send_draft(self.drafts[0])?);
                self.drafts.remove(0);
            }
            DiscardDraft if !self.drafts.is_empty() => {
                client.discard_draft(self.drafts[0])?;
                self.drafts.remove(0);
            }
            EditDraft if !self.drafts.is_empty() => {
                client.save_draft(&draft(Some(self.drafts[0]), text))?;
            }
            // One row, so that the file stays small while the log grows.
            LongDraft => {
                let id = self.drafts.first().copied();
                let id = client.save_draft(&draft(id, text.repeat(90_000 / text.len())))?;
                self.drafts = vec![id];
            }
            SaveDraft | EditDraft | SendDraft | DiscardDraft => {
                self.drafts.push(client.save_draft(&draft(None, text))?);
            }
            LossMode => client.set_loss_mode(!client.loss_mode()?)?,
            Family => {
                let born = yorisoi_protocol::CivilDate::parse("2021-08-20").unwrap();
                client.tell_family_fact(FamilyFact::Children(vec![DateFact::Known(born)]))?;
            }
            Consent => consent(client, Purpose::Service)?,
            Photo => consent(client, Purpose::Photo)?,
            ShowSurvey => client.mark_survey_shown()?,
            Survey => {
                let answers: BTreeMap<String, Option<u8>> =
                    [("q1".into(), Some(1)), ("q2".into(), None)].into();
                match client.answer_survey(&answers) {
                    Err(YorisoiError::SurveyNotOffered | YorisoiError::SurveyAnswered) | Ok(()) => {}
                    Err(error) => return Err(error),
                }
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }
}

pub(super) fn consent(client: &YorisoiClient, purpose: Purpose) -> Result<(), YorisoiError> {
    let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(purpose, ConsentState::Grant, &text)
}

/// What was written and heard, without the ids that chance made: the same for every phone that lived the same life.
pub(super) fn told(client: &YorisoiClient) -> String {
    let mut threads: Vec<String> = Vec::new();
    for consultation in client.consultations(None, 500).unwrap().consultations {
        let messages = client.messages(consultation.id, None, 500).unwrap().messages.into_iter();
        let messages: Vec<_> = messages.map(|m| (m.text, m.at, m.step, m.refusal)).collect();
        threads.push(format!("{messages:?} {}", consultation.unread));
    }
    threads.sort();
    let drafts: Vec<_> =
        client.drafts(None, 500).unwrap().drafts.into_iter().map(|draft| draft.text).collect();
    let ledger: Vec<_> =
        client.store.consents().unwrap().into_iter().map(|e| (e.number, e.purpose)).collect();
    let survey = client.survey().ok().flatten().and_then(|survey| survey.answers);
    let (settings, pending) = (client.store.settings().unwrap(), client.store.pending().unwrap());
    let manifest = client.manifest().map(|manifest| manifest.version);
    format!("{threads:#?} {drafts:?} {ledger:?} {survey:?} {settings:?} {pending} {manifest:?}")
}
