//! Rules of the live stream.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::time::timeout;

use yorisoi_protocol::ids::ChangeId;
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::wire::{ApiErrorCode, Hint, LIVE_PATH};
use yorisoi_server::desk_api::{AnswerRequest, answers_path, take_path};

use crate::client::{PATIENCE, head, open, send};
use crate::device::{Device, consultation_of};
use crate::world::World;

struct Listener(BufReader<TcpStream>);

impl Listener {
    fn new(device: &mut Device<'_>) -> Self {
        let header = device.authorization("GET", LIVE_PATH, b"").to_string();
        let headers = [("authorization", header.as_str())];
        let (mut stream, _) = open(device.world.address, "GET", LIVE_PATH, &headers, b"");
        let head = String::from_utf8(head(&mut stream)).unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        Self(BufReader::new(stream))
    }

    /// The next hint; none once the stream has ended.
    fn next(&mut self) -> Option<Hint> {
        let mut event = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if line.starts_with("event: ") {
                event = line.trim_end().to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                assert_eq!(event, "event: hint");
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }
}

#[test]
fn a_hint_comes_at_once_and_whenever_somebody_else_made_the_stream_grow() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    let mut listener = Listener::new(&mut device);
    assert_eq!(listener.next().unwrap().cursor, device.cursor.unwrap());
    // What the device itself sent is no news to it: the next hint is the clinician's.
    device.asked("もう一つの質問");
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    assert_eq!(listener.next().unwrap().cursor.position, 3);
    let answer = AnswerRequest { id: ChangeId::from_bytes([1; 16]), text: "答え".to_owned() };
    doctor.post(&answers_path(consultation), &answer);
    let hint = listener.next().unwrap();
    device.sync(&[]);
    assert_eq!(device.cursor, Some(hint.cursor));
}

#[test]
fn listening_needs_a_signature_and_another_member_hears_nothing() {
    let world = World::new();
    let refused = send(world.address, "GET", LIVE_PATH, &[], b"");
    assert_eq!(refused.refusal().code, ApiErrorCode::SignatureMissing);
    let (mut one, mut two) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let mut other = Listener::new(&mut two);
    assert_eq!(other.next().unwrap().cursor.position, 0);
    let (asked, _) = one.asked("質問");
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation_of(&asked)), &());
    let (asked, _) = two.asked("別の質問");
    doctor.post(&take_path(consultation_of(&asked)), &());
    assert_eq!(other.next().unwrap().cursor.position, 2, "its own second entry, nothing before");
}

#[test]
fn a_closing_server_ends_its_streams() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let mut listener = Listener::new(&mut device);
    listener.next().unwrap();
    drop(device);
    drop(world);
    assert_eq!(listener.next().map(|hint| hint.cursor), None);
}

#[tokio::test]
async fn a_listener_that_takes_in_nothing_is_cut_and_one_that_reads_is_not() {
    const ROOM: u32 = 4096;
    const ANSWERS: u64 = 300;
    let world = World::waiting(Duration::from_millis(300), ROOM);
    let mut device = Device::enrolled(&world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    let mut reading = Listener::new(&mut device);
    let header = device.authorization("GET", LIVE_PATH, b"");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(ROOM).unwrap();
    let deaf = socket.connect(world.address).await.unwrap();
    let request =
        format!("GET {LIVE_PATH} HTTP/1.1\r\nhost: {}\r\nauthorization: {header}\r\n\r\n", world.address);
    deaf.writable().await.unwrap();
    assert_eq!(deaf.try_write(request.as_bytes()).unwrap(), request.len());
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    // The question and its taking came before.
    let mut answered_and_read = |number: u64| {
        let id = ChangeId::from_bytes(u128::from(number).to_be_bytes());
        doctor.post(&answers_path(consultation), &AnswerRequest { id, text: "答え".to_owned() });
        while reading.next().unwrap().cursor.position < number + 2 {}
    };
    for number in 1..=ANSWERS {
        answered_and_read(number);
    }
    // Nothing is read. That it is cut is heard by itself only where there is still room for it; to what is sent it is answered.
    let cut = async {
        loop {
            match deaf.try_write(b" ") {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return error.kind(),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, cut).await, Ok(ErrorKind::ConnectionReset));
    answered_and_read(ANSWERS + 1);
}
