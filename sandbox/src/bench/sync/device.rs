//! Devices before a server in another process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use yorisoi_core::client::ConsentText;
use yorisoi_core::host::{Notices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::{RigError, RigKeys};
use yorisoi_sandbox::trust;

use super::message;
use super::running_clock::RunningClock;

/// How a device is set up.
pub(super) struct Setting<'a> {
    pub(super) directory: &'a Path,
    pub(super) server: SocketAddr,
    pub(super) clock: RunningClock,
    pub(super) card: String,
}

/// A device that is enrolled, may ask, and has nothing to sync.
pub(super) async fn enrolled(
    setting: Setting<'_>,
    notices: Arc<dyn Notices>,
) -> Result<YorisoiClient, RigError> {
    let config = ClientConfig {
        directory: setting.directory.to_owned(),
        server: format!("http://{}", setting.server),
        authorities: Authorities::default(),
        roots: trust::roots()?,
        manifest: Some(trust::manifest()?),
    };
    let host = Host {
        keys: Arc::new(RigKeys::default()),
        clock: Arc::new(setting.clock),
        notices,
        randomness: Arc::new(SystemRandomness::default()),
    };
    let client = YorisoiClient::open(&config, host)?;
    client.enroll(&setting.card).await?;
    let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Service, ConsentState::Grant, &text)?;
    client.sync().await?;
    Ok(client)
}

/// Queues so many messages in so many consultations, one after the other.
pub(super) fn queue(
    client: &YorisoiClient,
    messages: usize,
    consultations: usize,
) -> Result<Vec<ConsultationId>, RigError> {
    let ask = |_| Ok(client.ask(Service::Pediatrics, Subject::Parent, &message()?)?);
    let ids: Vec<ConsultationId> = (0..consultations).map(ask).collect::<Result<_, RigError>>()?;
    for id in ids.iter().cycle().take(messages.saturating_sub(consultations)) {
        client.follow_up(*id, &message()?)?;
    }
    Ok(ids)
}

/// Syncs to the end and sees to it that this many operations were handed in and changes came, and that both ends hold
/// the same.
pub(super) async fn sync(client: &YorisoiClient, held: usize, received: usize) -> Result<(), RigError> {
    let report = client.sync().await?;
    let (held, received) = (u32::try_from(held)?, u32::try_from(received)?);
    if report.held == held && report.received == received && report.verified_at.is_some() {
        return Ok(());
    }
    Err(format!("not a sync of {held} operations and {received} changes: {report:?}").into())
}
