//! Rules of being told what changed: after it is stored, and never while the library holds anything, so that whoever is told
//! may call the library from inside the call.

use std::sync::OnceLock;
use std::sync::Weak;
use std::sync::atomic::{AtomicU32, Ordering};

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::family::FamilyFact;
use crate::host::{Host, Notices};
use crate::store::{DATABASE_FILE, Store};
use crate::testing::{FakeServer, Phone, Signed};

const TEXT: &str = "夜中に38度の熱が出ました";

/// An app that reads everything anew, writes, suspends and resumes from inside the notice.
struct Reading {
    client: OnceLock<Weak<YorisoiClient>>,
    directory: PathBuf,
    keys: Arc<crate::testing::MemoryKeys>,
    told: Mutex<Vec<Notice>>,
    inside: AtomicU32,
}

impl Notices for Reading {
    fn changed(&self, changes: &[Notice]) {
        self.told.lock().unwrap().extend_from_slice(changes);
        let Some(client) = self.client.get().and_then(Weak::upgrade) else {
            return;
        };
        // Another process, which sees nothing but what is committed.
        let phone = Phone::new();
        let host = Host { keys: self.keys.clone(), ..phone.host() };
        let other = Store::open(&self.directory, &host).unwrap();
        for change in changes {
            if let Notice::Consultation(id) = change {
                let told = client.messages(*id, None, 500).unwrap();
                let stored = other.thread(*id, None, 500).unwrap();
                assert_eq!(told.messages.len(), stored.messages.len(), "committed before it is told");
            }
        }
        client.drafts(None, 100).unwrap();
        client.search("熱が").unwrap();
        client.sync_state().unwrap();
        client.enrollment().unwrap();
        client.exported().unwrap();
        // What is written inside is told inside.
        if self.inside.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
            let (service, subject) = (Service::Pediatrics, Subject::Parent);
            let text = TEXT.to_owned();
            client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
        }
        client.suspend();
        client.resume().unwrap();
    }
}

#[tokio::test]
async fn a_listener_may_call_the_library_and_finds_stored_what_it_is_told() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(2)));
    drop(phone.enrolled(&server).await);
    let notices = Arc::new(Reading {
        client: OnceLock::new(),
        directory: phone.path().to_owned(),
        keys: phone.keys.clone(),
        told: Mutex::default(),
        inside: AtomicU32::new(0),
    });
    let host = Host { notices: notices.clone(), ..phone.host() };
    let config = phone.config(Some(Signed::version(1).sign()));
    let client = Arc::new(YorisoiClient::open_with(&config, host, server.clone()).unwrap());
    notices.client.set(Arc::downgrade(&client)).unwrap();
    let heard = |what: &str| {
        let told = std::mem::take(&mut *notices.told.lock().unwrap());
        assert!(!told.is_empty(), "{what}");
        told
    };
    let consultation = client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    assert!(heard("asking").contains(&Notice::Consultation(consultation)));
    client.follow_up(consultation, TEXT).unwrap();
    assert!(heard("following up").contains(&Notice::Consultation(consultation)));
    for answer in 1..=5 {
        server.answer(answer, consultation, "熱が下がるまで");
    }
    client.sync().await.unwrap();
    let told = heard("syncing");
    assert!(told.contains(&Notice::Consultation(consultation)) && told.contains(&Notice::Sync), "{told:?}");
    client.mark_read(consultation, 4).unwrap();
    assert!(heard("reading").contains(&Notice::Consultation(consultation)));
    let born = yorisoi_protocol::CivilDate::parse("2021-08-20").unwrap();
    let fact = FamilyFact::Children(vec![yorisoi_protocol::eligibility::DateFact::Known(born)]);
    client.tell_family_fact(fact).unwrap();
    assert!(heard("telling").contains(&Notice::Family));
    let text = ConsentText { id: "service-ja-2".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Service, ConsentState::Grant, &text).unwrap();
    assert!(heard("deciding").contains(&Notice::Consents));
    let draft = client.drafts(None, 1).unwrap().drafts.remove(0);
    client.send_draft(draft.id).unwrap();
    assert!(heard("sending").contains(&Notice::Drafts));
    server.publish(Signed::version(2).sign());
    client.refresh_manifest().await.unwrap();
    assert!(heard("the manifest").contains(&Notice::Manifest));
    client.change_root_key().unwrap();
    assert!(notices.inside.load(Ordering::SeqCst) > 8);
    assert!(phone.path().join(DATABASE_FILE).exists());
}
