//! Rules of a first start that the power cuts short: the next one works, wherever it was cut.

use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::testing::Phone;

fn works(phone: &Phone) {
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (service, subject, at) = (Service::Obstetrics, Subject::Parent, Timestamp::from_seconds(0));
    let text = "眠れない日が".to_owned();
    let draft = Draft {
        service: service.into(),
        subject: subject.into(),
        consultation: None,
        text,
        begun: at,
        saved: at,
        ready: None,
    };
    store.save_draft(MessageId::from_bytes([1; 16]), &draft).unwrap();
    assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 1);
}

#[test]
fn a_first_start_cut_short_at_any_step_leaves_a_phone_that_starts() {
    let phone = Phone::new();
    let watch = Watch::over(phone.path()).unwrap();
    drop(Store::open(phone.path(), &phone.host()).unwrap());
    let (mut chance, mut with_journal) = (Chance::new(1), 0);
    for at in 0..=watch.position() {
        for loss in Loss::ALL.into_iter().chain([Loss::Sectors; 4]) {
            let image = phone.after_crash(tempfile::tempdir().unwrap());
            watch.crash(at, loss, &mut chance, image.path()).unwrap();
            with_journal += u32::from(image.path().join("yorisoi.db-journal").exists());
            works(&image);
        }
    }
    assert!(with_journal > 0, "the file is made under a journal");
}

#[test]
fn a_first_start_that_fails_at_any_call_is_made_up_for_by_the_next() {
    for kind in [FaultKind::Full, FaultKind::Writing, FaultKind::Reading] {
        for lasting in [false, true] {
            let mut struck = 0;
            for after in 0.. {
                let phone = Phone::new();
                let watch = Watch::over(phone.path()).unwrap();
                watch.fail(Fault { kind, after, lasting });
                let opened = Store::open(phone.path(), &phone.host());
                if watch.failed() == 0 {
                    break;
                }
                struck += 1;
                if let Err(error) = &opened {
                    let typed = [StoreError::Full, StoreError::Io].map(OpenError::Store);
                    assert!(typed.contains(error), "{kind:?} after {after}, lasting: {lasting}: {error}");
                }
                watch.heal();
                drop(opened);
                works(&phone);
            }
            assert!(struck > 3, "{kind:?}, lasting: {lasting}: {struck}");
        }
    }
}
