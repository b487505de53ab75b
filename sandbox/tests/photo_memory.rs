//! Photos are streamed: a large one takes no more memory than a small one, on its way in, on its way out, and on its way to the
//! server, which takes it in here as well.
//!
//! Each is measured in a process of its own, this test binary started again, so that neither begins with the other's memory.

// The lints that forbid these spare functions marked as tests, but not what tests share.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod png;

use std::io::{Cursor, Read};
use std::process::Command;

use png::chunk;
use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::view::PhotoSent;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::Rig;

/// How many pieces of pixels the photo of the process that is measured has.
const PIECES: &str = "YORISOI_TEST_PHOTO_PIECES";
/// Bytes of pixels in one piece.
const PIECE: usize = 32 * 1024;
/// The page caches of the two connections that a large photo fills and a small one does not, and noise.
const CACHES_KIB: u64 = 6 * 1024;

/// A PNG of many pieces, made as it is read. Nothing looks at the pixels.
struct Png {
    part: Cursor<Vec<u8>>,
    left: usize,
}

impl Png {
    fn new(pieces: usize) -> Self {
        let size = [0, 0, 16, 0, 0, 0, 16, 0, 8, 2, 0, 0, 0];
        Self {
            part: Cursor::new([&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &size)].concat()),
            left: pieces + 1,
        }
    }
}

impl Read for Png {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.part.read(into)?;
        if read > 0 || self.left == 0 {
            return Ok(read);
        }
        self.left -= 1;
        let next = if self.left == 0 { chunk(b"IEND", &[]) } else { chunk(b"IDAT", &[0x5a; PIECE]) };
        self.part = Cursor::new(next);
        self.part.read(into)
    }
}

/// Nothing by itself; takes a photo in and gives it out when it is told how large.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn measured_process() {
    let Ok(pieces) = std::env::var(PIECES) else {
        return;
    };
    let rig = Rig::start().await.unwrap();
    let phone = rig.enrolled("phone").await.unwrap();
    let (service, subject) = (Service::Pediatrics, Subject::Parent);
    let draft =
        NewDraft { id: None, service, subject, consultation: None, text: "湿疹の写真です".to_owned() };
    let draft = phone.save_draft(&draft).unwrap();
    let photo = phone.add_photo(draft, &mut Png::new(pieces.parse().unwrap())).unwrap();
    phone.read_photo(draft, photo.id, &mut std::io::sink()).unwrap();
    let text = ConsentText { id: "photo-ja-1".into(), language: "ja".into(), text: "…".into() };
    phone.decide_consent(Purpose::Photo, ConsentState::Grant, &text).unwrap();
    let consultation = phone.send_draft(draft).unwrap();
    phone.sync().await.unwrap();
    let message = phone.messages(consultation, None, 1).unwrap().messages[0].id;
    assert_eq!(phone.photos(message).unwrap()[0].sent, PhotoSent::Whole);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("\npeak {} of {}", peak.trim().trim_end_matches(" kB"), photo.bytes);
    rig.stop().await.unwrap();
}

/// The most memory in KiB, and the bytes of the photo.
fn measured(pieces: usize) -> (u64, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "measured_process"])
        .env(PIECES, pieces.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("peak ")).unwrap_or_else(|| panic!("{text}"));
    let (peak, bytes) = line.split_once(" of ").unwrap();
    (peak.parse().unwrap(), bytes.parse().unwrap())
}

#[test]
fn a_large_photo_takes_no_more_memory_than_a_small_one() {
    let ((small, few), (large, many)) = (measured(2), measured(480));
    println!("{small} KiB for {few} bytes, {large} KiB for {many} bytes");
    assert!(many > few * 100 && many > 15_000_000);
    assert!(large <= small + CACHES_KIB, "{large} KiB for {many} bytes, {small} KiB for {few}");
}
