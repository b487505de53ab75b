//! Rules of a disk that is full or fails, at each of its calls: a typed error or success, nothing acknowledged lost, nothing of a
//! refused call stored, and once it is healed everything goes on as if nothing had been.

use yorisoi_fault_vfs::{Fault, FaultKind};

use super::life_tests::{Life, STORY, Step, told};

/// How many later steps a lasting fault spoils before it heals.
const SPOILED: usize = 3;

/// The life of `STORY` with one fault, in which each step is tried again after the fault. `None` if the fault never struck.
async fn lived_with(fault: Fault) -> Option<String> {
    let mut life = Life::new(false);
    life.watch().fail(fault);
    let mut index = 0;
    while let Some(step) = STORY.get(index) {
        life.pass_time();
        if let Err(error) = life.run(*step).await {
            let code = error.code();
            assert!(["storage_full", "storage_failing"].contains(&code), "{fault:?}, {step:?}: {code}");
            assert!(life.watch().failed() > 0, "{fault:?}, {step:?}: {code} without a fault");
            if fault.lasting {
                spoil(&mut life, &STORY[index..], fault).await;
            }
            life.watch().heal();
            life.run(*step)
                .await
                .unwrap_or_else(|error| panic!("{fault:?}, {step:?} again: {}", error.code()));
        }
        index += 1;
    }
    let struck = life.watch().failed() > 0;
    life.watch().heal();
    let before = told(life.client.as_deref().unwrap());
    life.run(Step::Reopen).await.unwrap();
    assert_eq!(told(life.client.as_deref().unwrap()), before, "{fault:?}: opened again");
    life.run(Step::Sync).await.unwrap();
    struck.then_some(before)
}

/// While the fault lasts, writing fails each time in the same way and what can be read is as it was.
async fn spoil(life: &mut Life, rest: &[Step], fault: Fault) {
    let writes = [Step::Ask, Step::SaveDraft, Step::Family];
    let tries = rest.iter().filter(|step| writes.contains(step)).take(SPOILED);
    for step in tries {
        let Some(client) = life.client.clone() else {
            return;
        };
        let seen =
            (fault.kind != FaultKind::Reading && client.drafts(None, 500).is_ok()).then(|| told(&client));
        if let Err(error) = life.run(*step).await {
            let code = error.code();
            let typed = ["storage_full", "storage_failing", "suspended", "not_enrolled", "consent_needed"];
            assert!(typed.contains(&code), "{fault:?}, {step:?} meanwhile: {code}");
        } else {
            panic!("{fault:?}: {step:?} was done on a disk that cannot be written");
        }
        if let Some(seen) = seen {
            assert_eq!(told(&client), seen, "{fault:?}: nothing of {step:?} is there");
        }
    }
}

/// Lets the fault strike each `stride`th call.
async fn each(kind: FaultKind, lasting: bool, stride: u64) -> u64 {
    let expected = {
        let mut life = Life::new(false);
        life.live(&STORY).await;
        told(life.client.as_deref().unwrap())
    };
    let (mut struck, mut after) = (0, 0);
    while let Some(found) = lived_with(Fault { kind, after, lasting }).await {
        assert_eq!(found, expected, "{kind:?} after {after}, lasting: {lasting}");
        struck += 1;
        after += stride;
    }
    struck
}

async fn every_kind(stride: u64) {
    for (kind, least) in [(FaultKind::Full, 100), (FaultKind::Writing, 150)] {
        for lasting in [false, true] {
            let struck = each(kind, lasting, stride).await;
            assert!(struck >= least / stride, "{kind:?}, lasting: {lasting}: struck {struck} times");
            println!("{kind:?}, lasting: {lasting}: struck {struck} lives");
        }
    }
    let struck = each(FaultKind::Reading, false, stride).await;
    assert!(struck > 5 / stride, "reading: struck {struck} times");
    println!("reading: struck {struck} lives");
}

#[tokio::test]
async fn a_full_or_failing_disk_loses_nothing_and_stops_nothing_once_it_is_healed() {
    every_kind(17).await;
}

/// The same at every call: `cargo test -p yorisoi-core -- --ignored a_full`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn a_full_or_failing_disk_loses_nothing_at_any_of_its_calls() {
    every_kind(1).await;
}
