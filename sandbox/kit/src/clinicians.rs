//! The clinicians of a world: they log in at their desk, take what waits longest, and answer it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_sandbox::desk::Desk;
use yorisoi_server::Service;
use yorisoi_server::desk_api::{Queue, QueueItem, Taken};

use crate::KitError;

/// Far fewer than a real clinician's password is hashed with: these guard nothing.
const ITERATIONS: u32 = 1_000;

const ROLES: [(ClinicianRole, &str); 3] = [
    (ClinicianRole::Obstetrician, "obstetrician"),
    (ClinicianRole::Pediatrician, "pediatrician"),
    (ClinicianRole::Midwife, "midwife"),
];

/// One clinician of each kind, named after it.
pub struct Clinicians {
    passwords: BTreeMap<&'static str, String>,
    desks: BTreeMap<&'static str, Desk>,
}

impl Clinicians {
    /// Makes their log-ins.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn engage(service: &Service) -> Result<Self, KitError> {
        let mut passwords = BTreeMap::new();
        for (role, login) in ROLES {
            passwords.insert(login, service.add_clinician(login, role, ITERATIONS)?);
        }
        Ok(Self { passwords, desks: BTreeMap::new() })
    }

    /// The clinician of this kind, or the first for whom something waits, takes what waits longest.
    ///
    /// # Errors
    /// [`KitError`] if nothing waits that nobody has taken.
    pub async fn take(&mut self, server: SocketAddr, role: Option<&str>) -> Result<ConsultationId, KitError> {
        let (login, item) = self.first(server, role, |item| item.taken == Taken::None).await?;
        self.desk(login)?.take(server, item.consultation).await?;
        Ok(item.consultation)
    }

    /// Answers what waits longest, taking it first if nobody has.
    ///
    /// # Errors
    /// [`KitError`] if nothing waits.
    pub async fn answer(
        &mut self,
        server: SocketAddr,
        role: Option<&str>,
        text: &str,
    ) -> Result<ConsultationId, KitError> {
        let (login, item) = self.first(server, role, |item| item.taken != Taken::Other).await?;
        let desk = self.desk(login)?;
        if item.taken == Taken::None {
            desk.take(server, item.consultation).await?;
        }
        desk.answer(server, item.consultation, text).await?;
        Ok(item.consultation)
    }

    /// Whoever has something of this kind in their queue. What one has taken comes before what nobody has.
    async fn first(
        &mut self,
        server: SocketAddr,
        role: Option<&str>,
        fits: impl Fn(&QueueItem) -> bool,
    ) -> Result<(&'static str, QueueItem), KitError> {
        let mut found: Vec<(&'static str, QueueItem)> = Vec::new();
        for (_, login) in ROLES {
            if role.is_none_or(|role| role == login) {
                let queue = self.queue(server, login).await?;
                let fitting = queue.consultations.into_iter().filter(&fits);
                found.extend(fitting.map(|item| (login, item)));
            }
        }
        found.sort_by_key(|(_, item)| (item.taken != Taken::Mine, item.waiting_since));
        found.into_iter().next().ok_or_else(|| "nothing waits at the desk".into())
    }

    /// What waits for this clinician. A log-in that ran out, or is one of a server that was put back, is made anew.
    async fn queue(&mut self, server: SocketAddr, login: &'static str) -> Result<Queue, KitError> {
        if let Some(desk) = self.desks.get(login)
            && let Ok(queue) = desk.queue(server).await
        {
            return Ok(queue);
        }
        let password = self.passwords.get(login).ok_or("a clinician without a password")?;
        let desk = Desk::log_in(server, login, password).await?;
        self.desks.entry(login).insert_entry(desk).get().queue(server).await
    }

    /// The desk at which this clinician's queue was looked at.
    fn desk(&self, login: &str) -> Result<&Desk, KitError> {
        self.desks.get(login).ok_or_else(|| "a clinician who is not logged in".into())
    }
}
