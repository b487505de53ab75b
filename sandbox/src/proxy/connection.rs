//! One connection of a device: request after request, each passed on whole, each reply passed back or lost.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::framing::{Framed, Head};
use super::{Mishap, Shared, Target, lock};

/// Serves connections until it is aborted, and they with it.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    // A listener on the loopback fails only where the process is out of descriptors; devices then see refusals.
    while let Ok((device, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // However a connection ends, the device sees that it ended, which is all there is to tell.
            let _ = serve(Framed::new(device), &shared).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut device: Framed, shared: &Shared) -> io::Result<()> {
    let mut server: Option<Framed> = None;
    loop {
        let Some(head) = next_request(&mut device, server.as_ref()).await? else {
            return Ok(());
        };
        let target = head.target();
        let body = device.body(head.body_bytes.unwrap_or(0)).await?;
        let mishap = lock(&shared.plan).as_mut().map_or(Mishap::None, |plan| plan(&target));
        lock(&shared.targets).push(Target { name: target.clone(), body_bytes: length(&body) });
        shared.count(|traffic| {
            traffic.requests += 1;
            traffic.bytes_up += length(&head.bytes) + length(&body);
        });
        let instead = match &mishap {
            Mishap::Instead(bytes) => Some(Arc::clone(bytes)),
            Mishap::Replayed => lock(&shared.replies).get(&target).cloned(),
            _ => None,
        };
        if let Some(bytes) = instead {
            shared.count(|traffic| traffic.bytes_down += length(&bytes));
            device.write(&bytes).await?;
            match mishap {
                Mishap::Instead(_) => return Ok(()),
                _ => continue,
            }
        }
        let upstream = match server.take() {
            Some(open) => open,
            None => connect(shared).await?,
        };
        let upstream = server.insert(upstream);
        let mut request = [head.bytes, body].concat();
        if let Mishap::CutRequest(bytes) = mishap {
            request.truncate(bytes);
            return upstream.write(&request).await;
        }
        if mishap == Mishap::Held {
            shared.let_go.notified().await;
        }
        upstream.write(&request).await?;
        let cut = match mishap {
            Mishap::CutReply(bytes) => Some(bytes),
            _ => lock(&shared.cut).take(),
        };
        if !pass_back(upstream, &mut device, shared, &target, cut).await? {
            return Ok(());
        }
    }
}

/// The device's next request; `None` if either end closed the connection instead.
async fn next_request(device: &mut Framed, server: Option<&Framed>) -> io::Result<Option<Head>> {
    let Some(server) = server else {
        return device.head().await;
    };
    tokio::select! {
        head = device.head() => head,
        () = server.stirred() => Ok(None),
    }
}

async fn connect(shared: &Shared) -> io::Result<Framed> {
    let server = *lock(&shared.server);
    let connected = match server {
        Some(server) => TcpStream::connect(server).await,
        None => Err(io::ErrorKind::NotConnected.into()),
    };
    if connected.is_err() {
        shared.count(|traffic| traffic.unreachable += 1);
    }
    connected.map(Framed::new)
}

/// Passes a reply back; `false` if the connection is over with it.
async fn pass_back(
    server: &mut Framed,
    device: &mut Framed,
    shared: &Shared,
    target: &str,
    cut: Option<usize>,
) -> io::Result<bool> {
    let head = server.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    // A reply of unsaid length is a stream of events: it has the connection to itself until one end closes it.
    let Some(body_bytes) = head.body_bytes else {
        shared.count(|traffic| traffic.streams += 1);
        stream(head.bytes, server, device, shared).await?;
        return Ok(false);
    };
    let body = server.body(body_bytes).await?;
    let mut reply = [&head.bytes[..], &body[..]].concat();
    *lock(&shared.last_reply) = body;
    lock(&shared.replies).insert(target.to_owned(), Arc::from(&reply[..]));
    reply.truncate(cut.unwrap_or(usize::MAX));
    device.write(&reply).await?;
    shared.count(|traffic| {
        traffic.bytes_down += length(&reply);
        match cut {
            Some(_) => traffic.cut += 1,
            None => traffic.replies += 1,
        }
    });
    Ok(cut.is_none())
}

async fn stream(head: Vec<u8>, server: &mut Framed, device: &mut Framed, shared: &Shared) -> io::Result<()> {
    let mut bytes = head;
    while !bytes.is_empty() {
        device.write(&bytes).await?;
        shared.count(|traffic| traffic.bytes_down += length(&bytes));
        bytes = tokio::select! {
            bytes = server.some() => bytes?,
            () = device.stirred() => Vec::new(),
        };
    }
    Ok(())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
