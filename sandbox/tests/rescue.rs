//! What was not sent outlives the phone's key: sealed to the programme, set aside with its file, handed in once. Phone, server
//! and clinician are real, and so is the lost key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::host::{KeyStore, KeyStoreError};
use yorisoi_core::store::KeyTrouble;
use yorisoi_core::view::SetAsideView;
use yorisoi_core::{ErrorKind, Host, YorisoiClient, YorisoiError};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_sandbox::canaries::Canaries;
use yorisoi_sandbox::rig::Rig;
use yorisoi_sandbox::trust;
use yorisoi_server::desk_api::LogIn;

const FEVER: &str = "夜中に38度の熱が出ました。母乳は飲めています。";
const RASH: &str = "背中に赤い発疹があります。かゆがってはいません。";
const SLEEP: &str = "三時間おきに起きてしまい、眠れない日が続いています。";

/// A phone's key store, which may lose its key or be locked.
#[derive(Default)]
struct Keys {
    key: Mutex<Option<Vec<u8>>>,
    locked: Mutex<bool>,
}

impl KeyStore for Keys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        if *self.locked.lock().unwrap() {
            Err(KeyStoreError::Locked)
        } else {
            Ok(self.key.lock().unwrap().clone())
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        *self.key.lock().unwrap() = Some(key.to_vec());
        Ok(())
    }
}

/// A phone of the rig with its key store within reach.
struct Phone<'a> {
    rig: &'a Rig,
    name: &'static str,
    keys: Arc<Keys>,
}

impl<'a> Phone<'a> {
    fn new(rig: &'a Rig, name: &'static str) -> Self {
        Self { rig, name, keys: Arc::default() }
    }

    fn host(&self) -> Host {
        Host { keys: self.keys.clone(), ..self.rig.host() }
    }

    fn open(&self) -> Result<YorisoiClient, YorisoiError> {
        YorisoiClient::open(&self.rig.config(self.name).unwrap(), self.host())
    }

    fn start_over(&self) -> Result<YorisoiClient, YorisoiError> {
        YorisoiClient::start_over(&self.rig.config(self.name).unwrap(), self.host())
    }

    fn lose_key(&self) {
        *self.keys.key.lock().unwrap() = None;
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.rig.phone_directory(self.name)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn agree(client: &YorisoiClient) {
    let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Service, ConsentState::Grant, &text).unwrap();
}

fn ready_draft(client: &YorisoiClient, text: &str) -> MessageId {
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    let draft = NewDraft { id: None, service, subject, consultation: None, text: text.to_owned() };
    let id = client.save_draft(&draft).unwrap();
    client.mark_draft_ready(id, true).unwrap();
    id
}

/// What the clinicians of both services read, each text as often as it is there.
fn at_the_desk(rig: &Rig, round: u32) -> Vec<String> {
    let mut texts = Vec::new();
    for role in [ClinicianRole::Pediatrician, ClinicianRole::Obstetrician] {
        let login = format!("{role:?}-{round}").to_lowercase();
        let password = rig.service.add_clinician(&login, role, 1).unwrap();
        let session = rig.service.log_in(&LogIn { login, password }).unwrap();
        let clinician = rig.service.session(Some(&session.token)).unwrap();
        for item in rig.service.queue(&clinician).unwrap().consultations {
            rig.service.take(&clinician, item.consultation).unwrap();
            let view = rig.service.consultation(&clinician, item.consultation).unwrap();
            texts.extend(view.messages.into_iter().map(|message| message.text));
        }
    }
    texts.sort();
    texts
}

fn sorted(texts: &[&str]) -> Vec<String> {
    let mut texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
    texts.sort();
    texts
}

fn code(result: Result<YorisoiClient, YorisoiError>) -> &'static str {
    result.err().map_or("opened", |error| error.code())
}

fn aside(waiting: u32, held: u32) -> Vec<SetAsideView> {
    vec![SetAsideView { number: 1, waiting, held, refused: 0, lost: 0, damaged: false }]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_the_key_is_lost_is_handed_in_once_and_read_by_a_clinician() {
    let rig = Rig::start().await.unwrap();
    let phone = Phone::new(&rig, "phone");
    let client = rig.enroll(phone.open().unwrap()).await.unwrap();
    let consultation = client.ask(Service::Pediatrics, Subject::Parent, FEVER).unwrap();
    client.sync().await.unwrap();
    // From here on without network: a follow-up, a question, and a draft that is ready.
    rig.unplug();
    client.follow_up(consultation, RASH).unwrap();
    client.ask(Service::Obstetrics, Subject::Parent, SLEEP).unwrap();
    let written = "授乳のたびに痛みがあり、薬を飲んでよいか知りたいです。";
    ready_draft(&client, written);
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    let unready = NewDraft { id: None, service, subject, consultation: None, text: "まだ途中の".into() };
    client.save_draft(&unready).unwrap();
    drop(client);

    phone.lose_key();
    assert_eq!(code(phone.open()), "key_missing");
    let client = phone.start_over().unwrap();
    assert_eq!(phone.files().iter().filter(|name| name.starts_with("yorisoi.aside-1")).count(), 1);
    assert_eq!(client.set_aside().unwrap(), aside(3, 0));
    assert_eq!(client.consultations(None, 10).unwrap().total, 0);
    assert_eq!(client.hand_in_set_aside().await.unwrap_err().kind(), ErrorKind::Network);
    assert_eq!(client.set_aside().unwrap(), aside(3, 0));

    let mut canaries = Canaries::default();
    for text in [FEVER, RASH, SLEEP, written] {
        assert!(canaries.add(text));
    }
    assert_eq!(canaries.search(&rig.phone_directory("phone")).unwrap().found, []);

    rig.plug();
    assert_eq!(client.hand_in_set_aside().await.unwrap(), aside(0, 3));
    assert_eq!(client.hand_in_set_aside().await.unwrap(), aside(0, 3));
    drop(client);
    let client = phone.open().unwrap();
    assert_eq!(client.set_aside().unwrap(), aside(0, 3));
    assert_eq!(at_the_desk(&rig, 1), sorted(&[FEVER, RASH, SLEEP, written]));

    // The person may join anew and go on; what was handed in is in no way in this one's history.
    client.enroll(&rig.card().unwrap()).await.unwrap();
    agree(&client);
    client.ask(Service::Pediatrics, Subject::Parent, FEVER).unwrap();
    client.sync().await.unwrap();
    assert_eq!(client.consultations(None, 10).unwrap().total, 1);
    client.discard_set_aside(1).unwrap();
    assert_eq!(client.set_aside().unwrap(), []);
    assert_eq!(client.discard_set_aside(1).unwrap_err().code(), YorisoiError::NotFound.code());
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_lost_at_any_byte_of_it_hands_nothing_in_twice() {
    let rig = Rig::start().await.unwrap();
    let phone = Phone::new(&rig, "phone");
    let client = rig.enroll(phone.open().unwrap()).await.unwrap();
    client.ask(Service::Pediatrics, Subject::Parent, FEVER).unwrap();
    client.sync().await.unwrap();
    client.ask(Service::Pediatrics, Subject::Parent, RASH).unwrap();
    // The server has it, and the phone was not told.
    rig.proxy.cut_next_reply(40);
    assert!(client.sync().await.is_err());
    ready_draft(&client, SLEEP);
    drop(client);
    phone.lose_key();
    let client = phone.start_over().unwrap();
    let mut cut = 0;
    loop {
        rig.proxy.cut_next_reply(cut);
        match client.hand_in_set_aside().await {
            Ok(views) => break assert_eq!(views, aside(0, 2), "{cut}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Network, "{cut}"),
        }
        assert_eq!(client.set_aside().unwrap(), aside(2, 0), "{cut}");
        cut += 7;
    }
    assert!(cut > 200, "only up to {cut} bytes were cut");
    assert_eq!(at_the_desk(&rig, 1), sorted(&[FEVER, RASH, SLEEP]));
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_provisional_is_redeemed_by_the_server_when_its_work_is_handed_in() {
    let rig = Rig::start().await.unwrap();
    let phone = Phone::new(&rig, "phone");
    let issued = rig.service.issue_cards("fuchu-2021", 1).unwrap();
    let ticket = trust::ticket(&issued[0]).unwrap();
    rig.unplug();
    let client = phone.open().unwrap();
    client.enroll(&ticket).await.unwrap();
    agree(&client);
    ready_draft(&client, SLEEP);
    drop(client);
    phone.lose_key();
    let client = phone.start_over().unwrap();
    // The consent, which the server hears of before the draft.
    assert_eq!(client.set_aside().unwrap(), aside(2, 0));
    rig.plug();
    assert_eq!(client.hand_in_set_aside().await.unwrap(), aside(0, 2));
    let redeemed = rig.service.cards("fuchu-2021").unwrap();
    assert_eq!(redeemed.iter().map(|state| state.members).sum::<u32>(), 1);
    assert_eq!(at_the_desk(&rig, 1), sorted(&[SLEEP]));
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_key_that_is_gone_or_anothers_sets_a_file_aside() {
    let rig = Rig::start().await.unwrap();
    let phone = Phone::new(&rig, "phone");
    let client = rig.enroll(phone.open().unwrap()).await.unwrap();
    rig.unplug();
    client.ask(Service::Pediatrics, Subject::Parent, FEVER).unwrap();

    // A key that fits opens as always, a locked one is waited for, and a file in use stays where it is.
    *phone.keys.locked.lock().unwrap() = true;
    assert_eq!(code(phone.start_over()), "key_locked");
    *phone.keys.locked.lock().unwrap() = false;
    let kept = phone.keys.key.lock().unwrap().clone();
    phone.lose_key();
    assert!(phone.start_over().is_err());
    assert_eq!(client.consultations(None, 10).unwrap().total, 1);
    *phone.keys.key.lock().unwrap() = kept;
    drop(client);
    let client = phone.start_over().unwrap();
    assert_eq!(client.set_aside().unwrap(), []);
    assert_eq!(client.consultations(None, 10).unwrap().total, 1);
    drop(client);

    *phone.keys.key.lock().unwrap() = Some(vec![9; 32]);
    assert!(matches!(phone.open(), Err(YorisoiError::Key(KeyTrouble::Foreign))));
    let client = phone.start_over().unwrap();
    assert_eq!(client.set_aside().unwrap(), aside(2, 0), "the consent and the question");
    rig.plug();
    // The next sync hands it in as well, once there is a place to sync for.
    client.enroll(&rig.card().unwrap()).await.unwrap();
    client.sync().await.unwrap();
    assert_eq!(client.set_aside().unwrap(), aside(0, 2));
    assert_eq!(at_the_desk(&rig, 1), sorted(&[FEVER]));
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_sent_when_it_may_be_and_is_ready_no_more_once_it_is_changed_or_consent_is_withdrawn() {
    let rig = Rig::start().await.unwrap();
    let phone = Phone::new(&rig, "phone");
    let client = rig.enroll(phone.open().unwrap()).await.unwrap();
    let ready = || client.drafts(None, 10).unwrap().drafts.iter().filter(|draft| draft.ready).count();
    let changed = ready_draft(&client, FEVER);
    assert_eq!(ready(), 1);
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    let draft = NewDraft { id: Some(changed), service, subject, consultation: None, text: RASH.to_owned() };
    client.save_draft(&draft).unwrap();
    assert_eq!(ready(), 0);
    client.mark_draft_ready(changed, true).unwrap();
    let text = ConsentText { id: String::new(), language: String::new(), text: String::new() };
    client.decide_consent(Purpose::Service, ConsentState::Withdraw, &text).unwrap();
    assert_eq!(ready(), 0);
    assert_eq!(client.mark_draft_ready(changed, true).unwrap_err().code(), "consent_needed");
    agree(&client);
    client.mark_draft_ready(changed, true).unwrap();
    assert_eq!(client.sync().await.unwrap().held, 4, "three decisions about consent, and the draft");
    assert_eq!(client.drafts(None, 10).unwrap().total, 0);
    // Sent is sent: nothing of it is handed in a second time.
    drop(client);
    phone.lose_key();
    let client = phone.start_over().unwrap();
    assert_eq!(client.hand_in_set_aside().await.unwrap(), aside(0, 0));
    assert_eq!(at_the_desk(&rig, 1), sorted(&[RASH]));
    rig.stop().await.unwrap();
}
