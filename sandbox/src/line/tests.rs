//! What the line does to bytes, over real sockets.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const SAID: &[u8] = b"0123456789";

/// A place that says everything back, and a line to it.
async fn echo() -> FaultyLine {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let line = FaultyLine::open().await.unwrap();
    line.lead_to(Some(listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    line
}

/// What comes back, to the end of the connection, however it ends.
async fn said(line: &FaultyLine) -> (Vec<u8>, bool) {
    let mut device = TcpStream::connect(line.address()).await.unwrap();
    device.write_all(SAID).await.unwrap();
    device.shutdown().await.unwrap();
    let mut back = Vec::new();
    let whole = device.read_to_end(&mut back).await.is_ok();
    (back, whole)
}

#[tokio::test]
async fn a_calm_line_passes_everything_and_counts_it() {
    let line = echo().await;
    assert_eq!(said(&line).await, (SAID.to_vec(), true));
    let passed = line.wait_for(|passed| passed.bytes_down == 10).await;
    assert_eq!(passed, Passed { connections: 1, bytes_up: 10, bytes_down: 10, ..Passed::default() });
}

#[tokio::test]
async fn a_connection_is_cut_after_exactly_so_many_bytes_in_either_direction_and_only_once() {
    for after in 0..10 {
        for direction in [Direction::Up, Direction::Down] {
            let line = echo().await;
            line.strike(direction, after, Strike::Close);
            let (back, _) = said(&line).await;
            let passed = line.passed();
            let (counted, cut) = match direction {
                Direction::Up => (passed.bytes_up, passed.cut_up),
                Direction::Down => (passed.bytes_down, passed.cut_down),
            };
            assert_eq!((counted, cut), (after, 1), "{direction:?}");
            assert!(SAID.starts_with(&back) && back.len() as u64 <= after);
            assert_eq!(said(&line).await, (SAID.to_vec(), true));
        }
    }
}

#[tokio::test]
async fn a_reset_is_seen_as_one() {
    let line = echo().await;
    line.strike(Direction::Up, 10, Strike::Reset);
    let (_, whole) = said(&line).await;
    assert!(!whole);
    assert_eq!(line.passed().reset, 1);
}

#[tokio::test]
async fn silence_latency_and_a_slow_line_take_their_time_and_lose_nothing() {
    let pause = Duration::from_millis(50);
    let line = echo().await;
    line.strike(Direction::Down, 5, Strike::Stall(pause));
    let begun = Instant::now();
    assert_eq!(said(&line).await, (SAID.to_vec(), true));
    assert!(begun.elapsed() >= pause && line.passed().stalls == 1);
    line.weather(Weather { latency: pause, bytes_per_second: None });
    let begun = Instant::now();
    assert_eq!(said(&line).await, (SAID.to_vec(), true));
    assert!(begun.elapsed() >= 2 * pause && line.passed().delayed >= 2);
    line.weather(Weather { latency: Duration::ZERO, bytes_per_second: Some(100) });
    let begun = Instant::now();
    assert_eq!(said(&line).await, (SAID.to_vec(), true));
    assert!(begun.elapsed() >= 2 * pause && line.passed().slowed >= 10);
    line.heal();
    let slowed = line.passed().slowed;
    assert_eq!(said(&line).await, (SAID.to_vec(), true));
    assert_eq!(line.passed().slowed, slowed);
}

#[tokio::test]
async fn a_line_that_is_led_elsewhere_ends_what_was_open_and_nowhere_is_an_end_at_once() {
    let line = echo().await;
    let mut device = TcpStream::connect(line.address()).await.unwrap();
    device.write_all(SAID).await.unwrap();
    device.read_exact(&mut [0; 10]).await.unwrap();
    line.lead_to(None);
    assert_eq!(device.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let mut device = TcpStream::connect(line.address()).await.unwrap();
    assert_eq!(device.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let passed = line.passed();
    assert_eq!((passed.led_away, passed.nowhere), (1, 1));
}
