//! The tasks, a round of calls at a time.

use std::io::{Write, stdin, stdout};
use std::sync::Arc;
use std::time::Instant;

use data_encoding::HEXLOWER;
use yorisoi_core::YorisoiClient;
use yorisoi_core::family::FamilyFact;
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::question::{Service, Subject};

use crate::Failure;
use crate::fill::{QUESTION, RARE};
use crate::phone::{Heard, Keys, open};

const PAGE: u32 = 50;

/// Does what the lines say until there are no more.
pub(crate) fn run(directory: &str, key: &str) -> Result<(), Failure> {
    let heard = Arc::new(Heard::default());
    let keys = Arc::new(Keys::with(HEXLOWER.decode(key.as_bytes())?));
    let client = open(directory, keys, Arc::clone(&heard))?;
    say("ready")?;
    for line in stdin().lines() {
        let line = line?;
        let (task, calls) = line.split_once(' ').ok_or("a line is TASK CALLS")?;
        let calls: usize = calls.parse()?;
        let mut nanos = Vec::new();
        for _ in 0..calls {
            let start = Instant::now();
            call(task, &client, &heard)?;
            nanos.push(start.elapsed().as_nanos());
        }
        // One in ten is faster. On a busy machine most calls may have waited for a processor, and a thread that works alone waits
        // longer than several that hand work over: the middle one would measure that.
        nanos.sort_unstable();
        say(&nanos.get(nanos.len() / 10).ok_or("a round of no calls")?.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn call(task: &str, client: &YorisoiClient, heard: &Heard) -> Result<(), Failure> {
    match task {
        "list_of_50" => {
            let page = client.consultations(None, PAGE)?;
            insist(page.consultations.len() == PAGE as usize, "a page that is not full")
        }
        "save_queued" => {
            client.ask(Service::Pediatrics, Subject::Parent, QUESTION)?;
            Ok(())
        }
        "search" => insist(!client.search(RARE)?.is_empty(), "nothing was found"),
        "change_notices_1000" => {
            let before = heard.count();
            client.tell_family_fact(FamilyFact::Delivered(DateFact::NotTold))?;
            insist(heard.count() == before + 1, "a change that was not told")
        }
        other => Err(format!("there is no task `{other}`").into()),
    }
}

fn insist(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
