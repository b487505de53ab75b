//! The server: its real doors and rules over a real database on a disk that fails, and a clinician who answers.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use yorisoi_core::transport::Request;
use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_sandbox::programmes::FUCHU_2021;
use yorisoi_sandbox::trust;
use yorisoi_server::desk_api::{
    AnswerReply, AnswerRequest, ConsultationView, LogIn, QUEUE_PATH, Queue, SESSIONS_PATH, Session,
    TakeReply, answers_path, consultation_path, take_path,
};
use yorisoi_server::{Doors, Service};

use crate::host::{Seeded, TrueTime};
use crate::network::{Came, as_read, on_the_wire};
use crate::{Broken, broken};

/// Log-ins are of no interest here: one round is enough.
const ITERATIONS: u32 = 1;

pub(crate) struct Server {
    directory: TempDir,
    keys: TempDir,
    pub(crate) watch: Watch,
    open: Option<(Arc<Service>, Doors)>,
    time: Arc<TrueTime>,
    randomness: Arc<Seeded>,
    password: String,
    /// What is wrong with its disk.
    pub(crate) spoiled: Option<FaultKind>,
    /// What stood on its disk on an earlier day.
    kept: Option<TempDir>,
}

impl Server {
    pub(crate) fn new(time: Arc<TrueTime>, seed: u64) -> Result<Self, Broken> {
        let (directory, keys) = (tempfile::tempdir().map_err(broken)?, tempfile::tempdir().map_err(broken)?);
        let watch = Watch::over(directory.path()).map_err(broken)?;
        let randomness = Arc::new(Seeded::new(seed));
        Service::init(directory.path(), keys.path(), &*randomness).map_err(broken)?;
        let password = String::new();
        let (open, spoiled, kept) = (None, None, None);
        let mut server = Self { directory, keys, watch, open, time, randomness, password, spoiled, kept };
        let service = server.start()?;
        service.add_programme(&with_one_service()).map_err(broken)?;
        service.keep_rescue_key("fuchu-2021", trust::RESCUE_SECRET).map_err(broken)?;
        server.password =
            service.add_clinician("mori", ClinicianRole::Pediatrician, ITERATIONS).map_err(broken)?;
        Ok(server)
    }

    fn start(&mut self) -> Result<Arc<Service>, Broken> {
        let (time, randomness) = (Arc::clone(&self.time), Arc::clone(&self.randomness));
        let service = Service::open(self.directory.path(), self.keys.path(), time, randomness);
        let service = Arc::new(service.map_err(|error| format!("the server does not open: {error}"))?);
        self.open = Some((Arc::clone(&service), Doors::of(Arc::clone(&service))));
        Ok(service)
    }

    pub(crate) fn card(&self) -> Result<String, Broken> {
        let cards = self.service()?.issue_cards("fuchu-2021", 1).map_err(broken)?;
        cards.first().map(|card| card.grouped()).ok_or_else(|| "no card".to_owned())
    }

    fn service(&self) -> Result<&Service, Broken> {
        self.open.as_ref().map(|(service, _)| &**service).ok_or_else(|| "the server is closed".to_owned())
    }

    /// Another card in the place of this one; `None` where the server cannot now.
    pub(crate) fn replace_card(&self, card: &str) -> Result<Option<String>, Broken> {
        let service = self.service()?;
        let number = service.card_number("fuchu-2021", card);
        let replaced = number.and_then(|number| {
            service.revoke_card("fuchu-2021", number)?;
            service.replace_card("fuchu-2021", number)
        });
        Ok(replaced.ok().map(|card| card.grouped()))
    }

    /// Whether this server issued the card.
    pub(crate) fn knows_card(&self, card: &str) -> Result<bool, Broken> {
        Ok(self.service()?.card_number("fuchu-2021", card).is_ok())
    }

    pub(crate) async fn answer(&self, request: &Request) -> Result<Came, Broken> {
        let wire = on_the_wire(request).ok_or("no request")?;
        self.reply(wire).await.map(as_read)
    }

    async fn reply(&self, wire: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Broken> {
        let (_, doors) = self.open.as_ref().ok_or("the server is closed")?;
        doors.answer(wire).await.map_err(broken)
    }

    /// Its machine stops before step `at` of what it did to its disk, which then lost this; and starts again.
    pub(crate) fn crash(&mut self, at: usize, loss: Loss, chance: &mut Chance) -> Result<(), Broken> {
        let after = tempfile::tempdir().map_err(broken)?;
        self.watch.crash(at, loss, chance, after.path()).map_err(broken)?;
        self.stand_on(after)
    }

    fn stand_on(&mut self, directory: TempDir) -> Result<(), Broken> {
        self.open = None;
        self.watch = Watch::over(directory.path()).map_err(broken)?;
        self.directory = directory;
        self.start().map(drop)
    }

    /// Keeps what stands on the disk now, as a backup does.
    pub(crate) fn keep(&mut self) -> Result<(), Broken> {
        let kept = tempfile::tempdir().map_err(broken)?;
        let end = self.watch.position();
        self.watch.crash(end, Loss::Nothing, &mut Chance::new(0), kept.path()).map_err(broken)?;
        self.kept = Some(kept);
        Ok(())
    }

    /// Is set back to what was kept. Whether anything was.
    pub(crate) fn restore(&mut self) -> Result<bool, Broken> {
        let Some(kept) = self.kept.take() else {
            return Ok(false);
        };
        self.stand_on(kept)?;
        Ok(true)
    }

    /// Lets its disk be full, or fail.
    pub(crate) fn spoil(&mut self, fault: Fault) {
        self.spoiled = Some(fault.kind);
        self.watch.fail(fault);
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// The programme as the phones know it, but for a service that it does not offer any more: what they ask of that is refused.
fn with_one_service() -> String {
    FUCHU_2021.replace(r#"["obstetrics", "pediatrics"]"#, r#"["pediatrics"]"#)
}

/// The clinician at the desk.
impl Server {
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> Result<Option<T>, Broken> {
        let mut wire = http::Request::builder().method(method).uri(path);
        if let Some(token) = token {
            wire = wire.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map(serde_json::to_vec).transpose().map_err(broken)?;
        let reply = self.reply(wire.body(body.unwrap_or_default()).map_err(broken)?).await?;
        let good = reply.status().is_success();
        Ok(if good { Some(serde_json::from_slice(reply.body()).map_err(broken)?) } else { None })
    }

    /// Logs in; `None` where the server cannot now.
    pub(crate) async fn log_in(&self) -> Result<Option<String>, Broken> {
        let log_in = LogIn { login: "mori".to_owned(), password: self.password.clone() };
        let session: Option<Session> = self.ask("POST", SESSIONS_PATH, None, Some(&log_in)).await?;
        Ok(session.map(|session| session.token))
    }

    pub(crate) async fn queue(&self, token: &str) -> Result<Vec<ConsultationId>, Broken> {
        let queue: Option<Queue> = self.ask("GET", QUEUE_PATH, Some(token), None::<&()>).await?;
        let items = queue.map(|queue| queue.consultations).unwrap_or_default();
        Ok(items.into_iter().map(|item| item.consultation).collect())
    }

    pub(crate) async fn take(&self, token: &str, id: ConsultationId) -> Result<bool, Broken> {
        let taken: Option<TakeReply> = self.ask("POST", &take_path(id), Some(token), None::<&()>).await?;
        Ok(taken.is_some())
    }

    pub(crate) async fn say(
        &self,
        token: &str,
        to: ConsultationId,
        id: ChangeId,
        text: &str,
    ) -> Result<bool, Broken> {
        let answer = AnswerRequest { id, text: text.to_owned() };
        let said: Option<AnswerReply> =
            self.ask("POST", &answers_path(to), Some(token), Some(&answer)).await?;
        Ok(said.is_some())
    }

    pub(crate) async fn read(
        &self,
        token: &str,
        id: ConsultationId,
    ) -> Result<Option<ConsultationView>, Broken> {
        self.ask("GET", &consultation_path(id), Some(token), None::<&()>).await
    }
}
