//! What a network and a server do to a phone in the field, by name.
//!
//! Each names the field failures it stands for, by the numbers of `docs/test-kit.md`. Every fault counts how often it
//! struck: a test that never met its fault has proved nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use yorisoi_sandbox::Mishap;
use yorisoi_sandbox::line::Weather;

use crate::KitError;

/// A fault that can be asked for.
pub struct Fault {
    /// Its name, stable.
    pub name: &'static str,
    /// What it does.
    pub words: &'static str,
    /// Which failures of the field it stands for.
    pub failures: &'static [u8],
    effect: Effect,
}

/// What a fault does.
#[derive(Clone, Copy)]
enum Effect {
    /// To a request and its reply.
    Mishap(fn() -> Mishap),
    /// To requests whose target begins so, and their replies.
    At(&'static str, fn() -> Mishap),
    /// To all bytes, from now on.
    Weather(Weather),
    /// To the connection that is under way next.
    Strike(yorisoi_sandbox::line::Strike),
}

/// How a fault is brought about.
pub(crate) enum Onset {
    /// The proxy asks [`Faults::strike`].
    AtTheProxy,
    /// The line has this weather from now on.
    Weather(Weather),
    /// The line strikes once.
    Strike(yorisoi_sandbox::line::Strike),
}

/// 2G: long ways and few bytes.
const SLOW: Weather = Weather { latency: Duration::from_millis(300), bytes_per_second: Some(4_000) };
/// Longer than any phone waits.
const SILENCE: Duration = Duration::from_secs(600);
const HUGE_BYTES: usize = 20 * 1024 * 1024;
const PORTAL: &str =
    "<!DOCTYPE html><title>Wi-Fi</title><p>利用規約に同意してください / Please agree to the terms of use</p>";

macro_rules! faults {
    ($($name:literal $failures:tt $effect:expr => $words:literal;)+) => {
        /// All of them.
        pub const FAULTS: &[Fault] =
            &[$(Fault { name: $name, words: $words, failures: &$failures, effect: $effect }),+];
    };
}

faults! {
    "no_network" [14, 19] Effect::Mishap(|| Mishap::CutRequest(0)) => "Requests reach nobody.";
    "request_cut" [1, 12] Effect::Mishap(|| Mishap::CutRequest(300)) =>
        "The connection ends in the middle of a request; the server never gets it whole.";
    "reply_lost" [1, 2, 3] Effect::Mishap(|| Mishap::CutReply(0)) =>
        "The server does what it was asked; its reply is lost.";
    "reply_cut" [1, 14] Effect::Mishap(|| Mishap::CutReply(250)) =>
        "The server does what it was asked; its reply ends after 250 bytes.";
    "old_reply" [14, 17] Effect::Mishap(|| Mishap::Replayed) =>
        "The last reply to a request of the same address comes once more.";
    "captive_portal" [14] Effect::Mishap(|| page("200 OK", "text/html; charset=utf-8", PORTAL, "")) =>
        "Status 200 and a page for a browser.";
    "redirect" [14] Effect::Mishap(|| page("302 Found", "text/html", PORTAL, "location: http://127.0.0.1:9/\r\n")) =>
        "Status 302 to somewhere else.";
    "empty_reply" [14] Effect::Mishap(|| page("200 OK", "application/json", "", "")) => "Status 200 and nothing.";
    "cut_json" [14] Effect::Mishap(|| page("200 OK", "application/json", "{\"request\":\"A", "")) =>
        "Status 200 and the beginning of a JSON text.";
    "wrong_content_type" [14] Effect::Mishap(|| page("200 OK", "text/plain", "{}", "")) =>
        "Status 200 and plain text.";
    "huge_reply" [23] Effect::Mishap(huge) => "Status 200 and 20 MiB.";
    "gzip_bomb" [23] Effect::Mishap(bomb) => "Status 200 and a few kilobytes that inflate to 20 MiB.";
    "server_error" [13] Effect::Mishap(|| page("500 Internal Server Error", "text/plain", "", "")) => "Status 500.";
    "unavailable" [13, 19] Effect::Mishap(|| page("503 Service Unavailable", "text/html", PORTAL, "retry-after: 7\r\n")) =>
        "Status 503 from something before the server, to be tried again in 7 seconds.";
    "too_many" [13, 19] Effect::Mishap(too_many) => "Status 429 of the server, to be tried again in 7 seconds.";
    "too_large" [13] Effect::Mishap(|| page("413 Content Too Large", "text/plain", "", "")) => "Status 413.";
    "photo_refused" [13, 23] Effect::At("POST /v1/photos", photo_refused) =>
        "Status 422 of the server for photos alone: what it has of one is not the photo that its message names.";
    "log_in_page" [14, 21] Effect::Mishap(|| page("401 Unauthorized", "text/html", PORTAL, "")) =>
        "Status 401 from something before the server.";
    "slow_network" [19, 23] Effect::Weather(SLOW) => "300 ms later each way and 4,000 bytes a second, as on 2G.";
    "stalled" [19] Effect::Strike(yorisoi_sandbox::line::Strike::Stall(SILENCE)) =>
        "The next reply never comes, and the connection stays open.";
    "connection_reset" [1, 19] Effect::Strike(yorisoi_sandbox::line::Strike::Reset) =>
        "The next reply is a reset of the connection.";
}

/// A reply of something that stands where the server should.
fn page(status: &str, kind: &str, body: &str, more: &str) -> Mishap {
    reply(status, kind, body.as_bytes(), more)
}

fn reply(status: &str, kind: &str, body: &[u8], more: &str) -> Mishap {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{more}connection: close\r\n\r\n"
    );
    Mishap::Instead(Arc::from([head.as_bytes(), body].concat()))
}

fn huge() -> Mishap {
    reply("200 OK", "application/json", &vec![b' '; HUGE_BYTES], "")
}

fn bomb() -> Mishap {
    let mut inflating = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail; less of a bomb would be one all the same.
    let _ = inflating.write_all(&vec![b' '; HUGE_BYTES]);
    let bytes = inflating.finish().unwrap_or_default();
    reply("200 OK", "application/json", &bytes, "content-encoding: gzip\r\n")
}

fn too_many() -> Mishap {
    let body = r#"{"error":{"code":"too_many"}}"#;
    page("429 Too Many Requests", "application/json", body, "retry-after: 7\r\n")
}

fn photo_refused() -> Mishap {
    let body = r#"{"error":{"code":"photo_mismatch"}}"#;
    page("422 Unprocessable Content", "application/json", body, "")
}

/// The faults of one world that are on, and how often each struck.
#[derive(Default)]
pub(crate) struct Faults {
    on: Mutex<Vec<On>>,
    struck: Mutex<BTreeMap<&'static str, u64>>,
}

struct On {
    name: &'static str,
    /// How the target of a request begins that it strikes.
    target: &'static str,
    mishap: fn() -> Mishap,
    /// How often it still strikes; absent for always.
    left: Option<u64>,
}

impl Faults {
    /// Turns one on, for so many requests or until all are healed. Of several, the one that was turned on last strikes.
    pub(crate) fn turn_on(&self, name: &str, times: Option<u64>) -> Result<Onset, KitError> {
        let fault = FAULTS.iter().find(|fault| fault.name == name);
        let fault = fault.ok_or_else(|| KitError::from(format!("there is no fault `{name}`")))?;
        Ok(match fault.effect {
            Effect::Mishap(mishap) => self.put_on(fault.name, "", mishap, times),
            Effect::At(target, mishap) => self.put_on(fault.name, target, mishap, times),
            Effect::Weather(weather) => Onset::Weather(weather),
            Effect::Strike(strike) => Onset::Strike(strike),
        })
    }

    fn put_on(
        &self,
        name: &'static str,
        target: &'static str,
        mishap: fn() -> Mishap,
        left: Option<u64>,
    ) -> Onset {
        locked(&self.on).push(On { name, target, mishap, left });
        Onset::AtTheProxy
    }

    pub(crate) fn heal(&self) {
        locked(&self.on).clear();
    }

    /// What becomes of a request to this target.
    pub(crate) fn strike(&self, target: &str) -> Mishap {
        let mut on = locked(&self.on);
        let Some(fault) = on.iter_mut().rev().find(|fault| target.starts_with(fault.target)) else {
            return Mishap::None;
        };
        *locked(&self.struck).entry(fault.name).or_default() += 1;
        let mishap = (fault.mishap)();
        if let Some(left) = &mut fault.left {
            *left = left.saturating_sub(1);
        }
        on.retain(|fault| fault.left != Some(0));
        mishap
    }

    /// How often each struck.
    pub(crate) fn struck(&self) -> BTreeMap<&'static str, u64> {
        locked(&self.struck).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing done under these locks can leave a half-made value behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_stands_for_failures_that_exist() {
        for (index, fault) in FAULTS.iter().enumerate() {
            assert!(FAULTS.iter().skip(index + 1).all(|other| other.name != fault.name), "{}", fault.name);
            assert!(!fault.failures.is_empty() && fault.failures.iter().all(|n| (1..=25).contains(n)));
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_was_asked_and_is_counted() {
        let faults = Faults::default();
        faults.turn_on("reply_lost", Some(2)).unwrap();
        let struck: Vec<Mishap> = (0..3).map(|_| faults.strike("POST /v1/sync")).collect();
        assert_eq!(struck, [Mishap::CutReply(0), Mishap::CutReply(0), Mishap::None]);
        assert_eq!(faults.struck()["reply_lost"], 2);
        assert!(faults.turn_on("reply_lots", None).is_err());
        faults.turn_on("photo_refused", None).unwrap();
        assert_eq!(faults.strike("POST /v1/sync"), Mishap::None);
        assert_ne!(faults.strike("POST /v1/photos/a/0"), Mishap::None);
    }
}
