//! Rules of the faulty proxy.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;

const REQUEST: &[u8] = b"POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody";
const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nreply";

/// A server that reads `REQUEST`s from one connection and gives `reply` for each; the task yields how many it read.
async fn server(reply: &'static [u8]) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; REQUEST.len()];
        let mut count = 0;
        while stream.read_exact(&mut request).await.is_ok() {
            assert_eq!(request, REQUEST);
            count += 1;
            stream.write_all(reply).await.unwrap();
        }
        count
    });
    (address, served)
}

async fn connected(proxy: &FaultyProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

async fn to_the_end(mut device: TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = device.read_to_end(&mut read);
    tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap().unwrap();
    read
}

#[tokio::test]
async fn requests_and_replies_pass_and_are_counted() {
    let proxy = FaultyProxy::start().await.unwrap();
    let (address, served) = server(REPLY).await;
    proxy.forward_to(address);
    let mut device = connected(&proxy).await;
    for _ in 0..2 {
        // In two pieces, so that one read is not one request.
        device.write_all(&REQUEST[..30]).await.unwrap();
        device.write_all(&REQUEST[30..]).await.unwrap();
        let mut reply = vec![0; REPLY.len()];
        device.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, REPLY);
    }
    let traffic = proxy.wait_for(|traffic| traffic.replies == 2).await;
    let expected = Traffic {
        requests: 2,
        replies: 2,
        bytes_up: 2 * REQUEST.len() as u64,
        bytes_down: 2 * REPLY.len() as u64,
        ..Traffic::default()
    };
    assert_eq!(traffic, expected);
    assert_eq!(proxy.last_reply(), b"reply");
    assert_eq!(proxy.targets_since(1), ["POST /v1/sync"]);
    drop(device);
    assert_eq!(served.await.unwrap(), 2);
}

#[tokio::test]
async fn a_lost_reply_was_made_by_the_server_and_ends_the_connection() {
    for pass in [0, 7, REPLY.len() - 1] {
        let proxy = FaultyProxy::start().await.unwrap();
        let (address, served) = server(REPLY).await;
        proxy.forward_to(address);
        proxy.cut_next_reply(pass);
        let mut device = connected(&proxy).await;
        device.write_all(REQUEST).await.unwrap();
        assert_eq!(to_the_end(device).await, REPLY[..pass]);
        assert_eq!(served.await.unwrap(), 1);
        assert_eq!(proxy.last_reply(), b"reply");
        let Traffic { cut, replies, bytes_down, .. } = proxy.traffic();
        assert_eq!((cut, replies, bytes_down), (1, 0, pass as u64));
    }
}

#[tokio::test]
async fn only_one_reply_is_lost() {
    let proxy = FaultyProxy::start().await.unwrap();
    proxy.cut_next_reply(0);
    for expected in [&b""[..], REPLY] {
        let (address, _served) = server(REPLY).await;
        proxy.forward_to(address);
        let mut device = connected(&proxy).await;
        device.write_all(REQUEST).await.unwrap();
        let mut reply = vec![0; expected.len().max(1)];
        let read = device.read(&mut reply).await.unwrap();
        assert_eq!(&reply[..read], expected);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connection_that_ends() {
    let proxy = FaultyProxy::start().await.unwrap();
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    for server in [None, Some(address)] {
        if let Some(server) = server {
            proxy.forward_to(server);
        }
        let mut device = connected(&proxy).await;
        device.write_all(REQUEST).await.unwrap();
        assert_eq!(to_the_end(device).await, b"");
    }
    assert_eq!(proxy.traffic().unreachable, 2);
}

#[tokio::test]
async fn events_pass_as_they_come_until_the_server_ends_them() {
    let proxy = FaultyProxy::start().await.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    proxy.forward_to(listener.local_addr().unwrap());
    let mut device = connected(&proxy).await;
    device.write_all(b"GET /v1/live HTTP/1.1\r\n\r\n").await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    for piece in [&head[..], b"event: hint\n", b"data: {}\n\n"] {
        server.write_all(piece).await.unwrap();
        let mut read = vec![0; piece.len()];
        device.read_exact(&mut read).await.unwrap();
        assert_eq!(read, piece);
    }
    assert_eq!(proxy.traffic().streams, 1);
    drop(server);
    assert_eq!(to_the_end(device).await, b"");
}

#[tokio::test]
async fn a_request_is_cut_or_held_back_where_the_plan_says_so() {
    let proxy = FaultyProxy::start().await.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    proxy.forward_to(listener.local_addr().unwrap());
    proxy.fail(|target| if target == "POST /v1/sync" { Mishap::CutRequest(9) } else { Mishap::None });
    let mut device = connected(&proxy).await;
    device.write_all(REQUEST).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    server.read_to_end(&mut read).await.unwrap();
    assert_eq!((read, to_the_end(device).await), (REQUEST[..9].to_vec(), Vec::new()));
    assert_eq!((proxy.body_bytes_to("POST"), proxy.body_bytes_to("GET")), (4, 0));
    proxy.fail(|_| Mishap::Held);
    let mut device = connected(&proxy).await;
    device.write_all(REQUEST).await.unwrap();
    proxy.wait_for(|traffic| traffic.requests == 2).await;
    proxy.let_go();
    let (mut server, _) = listener.accept().await.unwrap();
    let mut read = vec![0; REQUEST.len()];
    server.read_exact(&mut read).await.unwrap();
    server.write_all(REPLY).await.unwrap();
    let mut reply = vec![0; REPLY.len()];
    device.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply, REPLY);
}
