//! One life from its seed to its end.

use std::sync::Arc;

use yorisoi_fault_vfs::Chance;

use crate::host::TrueTime;
use crate::network::Network;
use crate::phone::{Phone, join};
use crate::server::Server;
use crate::toll::Toll;
use crate::world::{Event, World};
use crate::{Broken, broken, oracle};

/// 2021-10-01 03:12 JST.
const NIGHT: i64 = 1_633_025_520_000;
const PHONES: usize = 3;
/// How long things go wrong.
const TROUBLED_MILLIS: i64 = 90_000;
/// How long after the healing something may still wait.
const PATIENCE_MILLIS: i64 = 30_000;

/// How a life ended in which no rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What went wrong in it.
    pub toll: Toll,
    /// Messages written and acknowledged.
    pub messages: u64,
    /// Milliseconds from the healing until nothing waited.
    pub drained_millis: i64,
    /// A digest of all that happened: the same for the same seed.
    pub trace: u64,
}

/// Lives the life of this seed.
///
/// # Errors
/// The rule that was broken.
pub fn live(seed: u64) -> Result<Ended, Broken> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(broken)?;
    runtime.block_on(lived(seed))
}

async fn lived(seed: u64) -> Result<Ended, Broken> {
    let mut chance = Chance::new(seed);
    let (time, network) = (Arc::new(TrueTime::at(NIGHT)), Arc::new(Network::default()));
    let server = Server::new(Arc::clone(&time), chance.number())?;
    let mut phones = Vec::new();
    for number in 0..PHONES {
        let seed = chance.number();
        let phone = Phone::new(number, Arc::clone(&network), Arc::clone(&time), seed, server.card()?)?;
        // The others join while things go wrong.
        if chance.coin() {
            enroll(&phone, &network, &server).await?;
        }
        phones.push(phone);
    }
    let mut world = World::new(chance, time, network, server, phones);
    for number in 0..PHONES {
        let (owner, sync) = (world.millis(0, 3), world.millis(0, 3));
        world.schedule(owner, Event::Owner(number));
        world.schedule(sync, Event::Sync(number));
    }
    world.schedule(0, Event::Strike);
    world.schedule(0, Event::Clinician);
    world.run(NIGHT + TROUBLED_MILLIS, |_| false).await?;
    world.heal_all()?;
    let quiet = |world: &World| world.quiet.iter().all(|quiet| *quiet);
    world.run(NIGHT + TROUBLED_MILLIS + PATIENCE_MILLIS, quiet).await?;
    let drained_millis = world.time.millis() - NIGHT - TROUBLED_MILLIS;
    oracle::check(&mut world).await?;
    let messages = world.phones.iter().map(|phone| phone.messages.len() as u64).sum();
    Ok(Ended { toll: world.toll, messages, drained_millis, trace: world.trace })
}

/// Enrolls a phone and lets its owner agree, before anything goes wrong.
async fn enroll(phone: &Phone, network: &Network, server: &Server) -> Result<(), Broken> {
    let client = phone.client.clone().ok_or("the phone does not open")?;
    let card = phone.card()?;
    let joining = join(&client, &card);
    let mut joining = std::pin::pin!(joining);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(joined) = joining.as_mut().poll(&mut context) {
            return joined.map_err(|error| format!("does not join: {}", error.code()));
        }
        for sent in network.sent() {
            let came = server.answer(&sent.request).await?;
            *crate::host::lock(&sent.slot) = Some(came);
        }
    }
}
