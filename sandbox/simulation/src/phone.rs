//! One phone: the real library over a real database on a disk that fails, with an owner who writes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use tempfile::TempDir;
use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::store::DATABASE_FILE;
use yorisoi_core::transport::{Authorities, Transport};
use yorisoi_core::view::SyncReport;
use yorisoi_core::{ClientConfig, YorisoiClient, YorisoiError};
use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::ApiErrorCode;
use yorisoi_sandbox::trust;

use crate::host::{Supplies, TrueTime};
use crate::network::{Line, Network};
use crate::{Broken, broken};

/// The clinician at the desk is of this one.
pub(crate) const SERVICE: Service = Service::Pediatrics;

type Syncing = Pin<Box<dyn Future<Output = Result<SyncReport, YorisoiError>> + Send>>;

/// Whether a message must be on the server in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// The call returned without an error: it must be there once.
    Acknowledged,
    /// The call failed or never returned: it may be there, once.
    InDoubt,
    /// The server does not take it: it must not be there, and the phone must go on showing it, with the reason.
    Refused,
}

/// One message the owner wrote, by its text, which nobody else wrote.
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) said: Said,
}

pub(crate) struct Phone {
    pub(crate) number: usize,
    pub(crate) directory: TempDir,
    pub(crate) watch: Watch,
    pub(crate) supplies: Supplies,
    network: Arc<Network>,
    pub(crate) client: Option<Arc<YorisoiClient>>,
    pub(crate) syncs: Vec<Syncing>,
    pub(crate) messages: Vec<Message>,
    /// The codes of its owner's cards, the one at hand last.
    pub(crate) cards: Vec<String>,
    /// Whether a disk in trouble cut the replacing of the last one short: it may be revoked, with none in its place.
    pub(crate) owed_a_card: bool,
    /// How often the server did not know it.
    pub(crate) unknown: u64,
    /// The epoch and position seen last since the power last went off.
    cursor: Option<(Vec<u8>, i64)>,
    pub(crate) suspended: bool,
    /// What is wrong with its disk.
    pub(crate) spoiled: Option<FaultKind>,
    /// How many failed calls of its disk were counted.
    pub(crate) counted: u64,
}

impl Phone {
    pub(crate) fn new(
        number: usize,
        network: Arc<Network>,
        time: Arc<TrueTime>,
        seed: u64,
        card: String,
    ) -> Result<Self, Broken> {
        let directory = tempfile::tempdir().map_err(broken)?;
        let watch = Watch::over(directory.path()).map_err(broken)?;
        let supplies = Supplies::new(time, seed);
        let mut phone = Self {
            number,
            directory,
            watch,
            supplies,
            network,
            client: None,
            syncs: Vec::new(),
            messages: Vec::new(),
            cards: vec![card],
            owed_a_card: false,
            unknown: 0,
            cursor: None,
            suspended: false,
            spoiled: None,
            counted: 0,
        };
        phone.open()?;
        Ok(phone)
    }

    /// Starts the app. A key store that is locked, or a disk that fails, leaves it closed.
    pub(crate) fn open(&mut self) -> Result<(), Broken> {
        match self.opened()? {
            Ok(client) => self.client = Some(Arc::new(client)),
            Err(error) => self.tolerable(&error, "opening")?,
        }
        Ok(())
    }

    fn opened(&self) -> Result<Result<YorisoiClient, YorisoiError>, Broken> {
        let config = ClientConfig {
            directory: self.directory.path().to_owned(),
            server: "https://soudan.example.jp".to_owned(),
            authorities: Authorities::default(),
            roots: trust::roots().map_err(broken)?,
            manifest: Some(trust::manifest().map_err(broken)?),
        };
        let line = Arc::new(Line::new(self.number, Arc::clone(&self.network)));
        Ok(YorisoiClient::open_with(&config, self.supplies.host(), line as Arc<dyn Transport>))
    }

    /// The only errors of a phone whose disk, key store or app is in trouble; any other breaks a rule.
    pub(crate) fn tolerable(&self, error: &YorisoiError, doing: &str) -> Result<(), Broken> {
        const TROUBLE: [&str; 7] = [
            "storage_full",
            "storage_failing",
            "suspended",
            "key_locked",
            "clock_suspect",
            "database_busy",
            "not_found",
        ];
        if TROUBLE.contains(&error.code()) || error.retryable() {
            return Ok(());
        }
        Err(format!("phone {}: {doing} failed with {}", self.number, error.code()))
    }

    /// The code of the card at hand.
    pub(crate) fn card(&self) -> Result<String, Broken> {
        self.cards.last().cloned().ok_or_else(|| "a phone without a card".to_owned())
    }

    /// A sync; before it the owner joins where that was not done yet, or where the server does not know the phone any more.
    pub(crate) fn begin_sync(&mut self) -> Result<(), Broken> {
        if let Some(client) = self.client.clone() {
            let card = self.card()?;
            self.syncs.push(Box::pin(async move {
                join(&client, &card).await?;
                client.sync().await
            }));
        }
        Ok(())
    }

    /// A sync of the app's extension, which has the database open for itself.
    pub(crate) fn begin_sync_elsewhere(&mut self) -> Result<(), Broken> {
        match self.opened()? {
            Ok(client) => self.syncs.push(Box::pin(async move { client.sync().await })),
            Err(error) => self.tolerable(&error, "opening elsewhere")?,
        }
        Ok(())
    }

    /// Lets every sync go on as far as it can; what those that ended said.
    pub(crate) fn look(&mut self) -> Result<Vec<SyncReport>, Broken> {
        let mut context = Context::from_waker(Waker::noop());
        let mut ended = Vec::new();
        let mut going = Vec::new();
        for mut sync in std::mem::take(&mut self.syncs) {
            match sync.as_mut().poll(&mut context) {
                Poll::Pending => going.push(sync),
                Poll::Ready(result) => ended.push(result),
            }
        }
        self.syncs = going;
        let mut reports = Vec::new();
        for result in ended {
            match result {
                Ok(report) => reports.push(report),
                Err(YorisoiError::ServerRefused { code: ApiErrorCode::UnknownDevice, .. }) => {
                    self.unknown += 1;
                }
                Err(
                    YorisoiError::NotBelieved(_)
                    | YorisoiError::ServerRefused { .. }
                    | YorisoiError::Sync(_)
                    | YorisoiError::EnrollmentRefused { .. }
                    | YorisoiError::NotEnrolled,
                ) => {}
                Err(error) => self.tolerable(&error, "a sync")?,
            }
        }
        self.cursor_goes_on()?;
        Ok(reports)
    }

    fn sql(&self) -> Result<rusqlite::Connection, Broken> {
        rusqlite::Connection::open(self.directory.path().join(DATABASE_FILE)).map_err(broken)
    }

    /// Within an epoch and a life the cursor never goes back but to the beginning, where everything is read again.
    fn cursor_goes_on(&mut self) -> Result<(), Broken> {
        if self.client.is_none() || self.suspended {
            // Meanwhile the extension may begin the stream anew unseen: looking would open the file that is to be closed.
            self.cursor = None;
            return Ok(());
        }
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?));
        let sql = self.sql()?;
        let Ok(now) = sql.query_row("SELECT epoch, position FROM sync_progress", [], read) else {
            return Ok(());
        };
        if let Some((epoch, position)) = &self.cursor
            && *epoch == now.0
            && now.1 < *position
            && now.1 != 0
        {
            return Err(format!("phone {}: the cursor went from {position} to {}", self.number, now.1));
        }
        self.cursor = Some(now);
        Ok(())
    }

    /// A bit of what the phone holds of the digest changes on its disk. Not while the disk is in trouble: a sync of this
    /// connection that failed would make a hole of which the library cannot know.
    pub(crate) fn flip_a_bit(&mut self, bit: usize) -> Result<bool, Broken> {
        if self.client.is_none() || self.suspended || self.spoiled.is_some() {
            return Ok(false);
        }
        let flipped = self
            .sql()?
            .execute("UPDATE sync_progress SET digest = (digest | ?1) - (digest & ?1)", [1i64 << (bit % 62)]);
        Ok(flipped.is_ok_and(|rows| rows == 1))
    }

    /// The app ends before step `at` of what it did to its disk, which then lost this; and starts again.
    pub(crate) fn crash(&mut self, at: usize, loss: Loss, chance: &mut Chance) -> Result<(), Broken> {
        let after = tempfile::tempdir().map_err(broken)?;
        self.watch.crash(at, loss, chance, after.path()).map_err(broken)?;
        self.syncs.clear();
        self.client = None;
        self.watch = Watch::over(after.path()).map_err(broken)?;
        self.directory = after;
        (self.suspended, self.cursor, self.counted) = (false, None, 0);
        if loss != Loss::Nothing {
            self.supplies.clock.boots.fetch_add(1, Ordering::Relaxed);
        }
        self.open()
    }

    /// Does what an owner does, and remembers what was said of it.
    pub(crate) fn write(
        &mut self,
        text: &str,
        good: Said,
        call: impl FnOnce(&YorisoiClient) -> Result<(), YorisoiError>,
    ) -> Result<bool, Broken> {
        let Some(client) = self.client.clone() else {
            return Ok(false);
        };
        let said = match call(&client) {
            Ok(()) => good,
            Err(error) => {
                self.tolerable(&error, "writing")?;
                Said::InDoubt
            }
        };
        self.messages.push(Message { text: text.to_owned(), said });
        Ok(said == good)
    }

    /// Whether a message waits to be sent, or a draft that is ready. A sync that was held up by a clock that cannot be right
    /// hears the time, and the next one sends it.
    pub(crate) fn something_waits(&self) -> Result<bool, Broken> {
        let Some(client) = &self.client else {
            return Ok(true);
        };
        let told = |error: YorisoiError| format!("cannot be listed: {}", error.code());
        let (page, state) = (client.drafts(None, 500).map_err(told)?, client.sync_state().map_err(told)?);
        let joined = joined(client).map_err(told)?;
        Ok(!joined || state.pending > 0 || page.drafts.iter().any(|draft| draft.ready))
    }

    /// Lets its disk be full, or fail.
    pub(crate) fn spoil(&mut self, fault: Fault) {
        self.spoiled = Some(fault.kind);
        self.watch.fail(fault);
    }
}

/// What an owner does.
impl Phone {
    /// Asks, adds, half-writes, reads: what and where the numbers say.
    pub(crate) fn act(&mut self, what: usize, which: u64, text: &str) -> Result<(), Broken> {
        let known = match &self.client {
            None => return Ok(()),
            Some(client) => joined(client).and_then(|joined| match joined {
                true => client.consultations(None, 500).map(|page| Some(page.consultations)),
                false => Ok(None),
            }),
        };
        let known = match known {
            Ok(Some(known)) => known,
            Ok(None) => return Ok(()),
            Err(error) => return self.tolerable(&error, "listing"),
        };
        let known: Vec<_> = known.into_iter().filter(|view| view.service == SERVICE).collect();
        let place = usize::try_from(which).unwrap_or(0).checked_rem(known.len());
        let chosen = place.and_then(|place| known.get(place));
        match (what, chosen) {
            (0..3, _) | (3..6, None) => {
                self.write(text, Said::Acknowledged, |client| {
                    client.ask(SERVICE, Subject::Parent, text).map(drop)
                })?;
            }
            (3..6, Some(chosen)) => {
                let id = chosen.id;
                self.write(text, Said::Acknowledged, |client| client.follow_up(id, text))?;
            }
            (6, _) => {
                self.write(text, Said::Acknowledged, |client| {
                    client.mark_draft_ready(client.save_draft(&draft(text))?, true)
                })?;
            }
            (7, _) => {
                self.write(text, Said::Acknowledged, |client| {
                    client.send_draft(client.save_draft(&draft(text))?).map(drop)
                })?;
            }
            (8, Some(chosen)) => {
                let (id, seen, client) = (chosen.id, chosen.messages, self.client.clone());
                if let Some(Err(error)) = client.map(|client| client.mark_read(id, seen)) {
                    self.tolerable(&error, "reading")?;
                }
            }
            (9, _) => {
                self.write(text, Said::Refused, |client| {
                    client.ask(Service::Obstetrics, Subject::Parent, text).map(drop)
                })?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether the owner may ask.
pub(crate) fn joined(client: &YorisoiClient) -> Result<bool, YorisoiError> {
    Ok(client.enrollment()?.is_some() && !client.consents()?.is_empty())
}

/// Joins with the card, and agrees.
pub(crate) async fn join(client: &YorisoiClient, card: &str) -> Result<(), YorisoiError> {
    let attempt = client.sync_state()?.last_attempt;
    let unknown = attempt.is_some_and(|attempt| attempt.outcome == "device_unknown");
    if client.enrollment()?.is_none() || unknown {
        client.enroll(card).await?;
    }
    if client.consents()?.is_empty() {
        let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
        client.decide_consent(Purpose::Service, ConsentState::Grant, &text)?;
    }
    Ok(())
}

fn draft(text: &str) -> NewDraft {
    NewDraft {
        id: None,
        service: SERVICE,
        subject: Subject::Parent,
        consultation: None,
        text: text.to_owned(),
    }
}
