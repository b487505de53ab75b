//! One connection of a device over the line: bytes up, bytes down, until either end or a strike ends it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Direction, Shared, Strike, lock};

/// The most that is read at once.
const PIECE_BYTES: usize = 16 * 1024;
/// A slow line passes so many small pieces in a second.
const PIECES_PER_SECOND: u32 = 50;

/// How a connection ends.
enum Ending {
    /// By itself: what one end closed is closed at the other.
    Closed,
    /// By a strike or a change of place, with a reset where one was asked for.
    Struck { reset: bool },
}

/// Serves connections until it is aborted, and they with it.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    // A listener on the loopback fails only where the process is out of descriptors; devices then see refusals.
    while let Ok((device, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        shared.count(|passed| passed.connections += 1);
        // However a connection ends, both ends see that it ended, which is all there is to tell.
        connections.spawn(async move { drop(serve(device, &shared).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut device: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut leads_to = shared.leads_to.subscribe();
    let place = *leads_to.borrow_and_update();
    let connected = match place {
        Some(place) => TcpStream::connect(place).await,
        None => Err(io::ErrorKind::NotConnected.into()),
    };
    let Ok(mut place) = connected else {
        shared.count(|passed| passed.nowhere += 1);
        return Ok(());
    };
    device.set_nodelay(true)?;
    place.set_nodelay(true)?;
    let ending = {
        let (from_device, to_device) = device.split();
        let (from_place, to_place) = place.split();
        let up = pass(Direction::Up, from_device, to_place, shared);
        let down = pass(Direction::Down, from_place, to_device, shared);
        tokio::select! {
            both = async { tokio::try_join!(up, down) } => both.err().unwrap_or(Ending::Closed),
            () = led_away(&mut leads_to) => {
                shared.count(|passed| passed.led_away += 1);
                Ending::Struck { reset: false }
            }
        }
    };
    if let Ending::Struck { reset: true } = ending {
        device.set_zero_linger()?;
        place.set_zero_linger()?;
    }
    Ok(())
}

async fn led_away(leads_to: &mut watch::Receiver<Option<std::net::SocketAddr>>) {
    // The sender lives as long as the line.
    let _ = leads_to.changed().await;
}

/// Passes bytes one way until that end says no more.
async fn pass(
    direction: Direction,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    shared: &Shared,
) -> Result<(), Ending> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut piece).await.map_err(|_| Ending::Closed)?;
        let mut bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return to.shutdown().await.map_err(|_| Ending::Closed);
        }
        let latency = lock(&shared.weather).latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
            shared.count(|passed| passed.delayed += 1);
        }
        while !bytes.is_empty() {
            let (now, strike) = shared.next(direction, bytes.len());
            let (passing, rest) = bytes.split_at_checked(now).unwrap_or((bytes, &[]));
            write(direction, passing, &mut to, shared).await.map_err(|_| Ending::Closed)?;
            bytes = rest;
            if let Some(strike) = strike {
                struck(direction, strike, shared).await?;
            }
        }
    }
}

async fn struck(direction: Direction, strike: Strike, shared: &Shared) -> Result<(), Ending> {
    let reset = match strike {
        Strike::Stall(time) => {
            shared.count(|passed| passed.stalls += 1);
            tokio::time::sleep(time).await;
            return Ok(());
        }
        Strike::Close => false,
        Strike::Reset => true,
    };
    shared.count(|passed| {
        passed.reset += u64::from(reset);
        match direction {
            Direction::Up => passed.cut_up += 1,
            Direction::Down => passed.cut_down += 1,
        }
    });
    Err(Ending::Struck { reset })
}

/// Writes at the speed of the line.
async fn write(
    direction: Direction,
    mut bytes: &[u8],
    to: &mut WriteHalf<'_>,
    shared: &Shared,
) -> io::Result<()> {
    while !bytes.is_empty() {
        let rate = lock(&shared.weather).bytes_per_second;
        let most = rate.map_or(bytes.len(), |rate| {
            usize::try_from(rate / PIECES_PER_SECOND).unwrap_or(usize::MAX).clamp(1, bytes.len())
        });
        let (now, rest) = bytes.split_at_checked(most).unwrap_or((bytes, &[]));
        if rate.is_some() {
            tokio::time::sleep(Duration::from_secs(1) / PIECES_PER_SECOND).await;
            shared.count(|passed| passed.slowed += 1);
        }
        to.write_all(now).await?;
        let length = u64::try_from(now.len()).unwrap_or(u64::MAX);
        shared.count(|passed| match direction {
            Direction::Up => passed.bytes_up += length,
            Direction::Down => passed.bytes_down += length,
        });
        bytes = rest;
    }
    Ok(())
}
