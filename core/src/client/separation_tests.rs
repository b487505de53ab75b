//! Rules of several people and programmes on one phone: a directory is one person's in one programme, and nothing of one shows in
//! another.

use yorisoi_protocol::EnrollmentCode;
use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::testing::{FUCHU, FakeServer, Phone, Signed};

const ITABASHI: &str = include_str!("../../../sandbox/programmes/itabashi-2021.json");
const HERS: &str = "誰にも言わないでほしい瑪瑙のこと";
const HIS: &str = "夜泣きで眠れない父親の琥珀のこと";

fn two_programmes() -> Signed {
    Signed { programmes: vec![FUCHU.to_owned(), ITABASHI.to_owned()], ..Signed::version(1) }
}

/// All that an app can show.
fn shown(client: &YorisoiClient) -> String {
    let found = ["誰に", "夜泣", "琥珀", "瑪瑙"].map(|words| client.search(words).unwrap());
    let lists = (client.consultations(None, 500).unwrap(), client.drafts(None, 500).unwrap());
    format!("{} {found:?} {lists:?} {:?}", client.exported().unwrap(), client.sync_state().unwrap())
}

#[tokio::test]
async fn of_two_parents_on_one_phone_neither_shows_in_the_other() {
    // One key store of the phone's, two directories, two members at the server.
    let (hers, mut his) = (Phone::new(), Phone::new());
    his.keys = hers.keys.clone();
    let (her_server, his_server) = (Arc::new(FakeServer::new()), Arc::new(FakeServer::new()));
    let her = hers.enrolled(&her_server).await;
    let him = his.enrolled(&his_server).await;
    let asked = her.ask(Service::Obstetrics, Subject::Parent, HERS).unwrap();
    her.set_loss_mode(true).unwrap();
    him.ask(Service::Pediatrics, Subject::Parent, HIS).unwrap();
    let text = HIS.to_owned();
    let (service, subject) = (Service::Pediatrics, Subject::Parent);
    him.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    her.sync().await.unwrap();
    him.sync().await.unwrap();
    her_server.answer(1, asked, "瑪瑙のことはここだけで");
    her.sync().await.unwrap();
    him.sync().await.unwrap();
    let look = |her: &YorisoiClient, him: &YorisoiClient| {
        assert!(shown(her).contains(HERS) && !shown(her).contains("琥珀"));
        assert!(shown(him).contains(HIS) && !shown(him).contains("瑪瑙"));
        assert_eq!(code(him.messages(asked, None, 10)), "not_found");
        assert_eq!((her.unread_count().unwrap(), him.unread_count().unwrap()), (1, 0));
        assert!(her.loss_mode().unwrap() && !him.loss_mode().unwrap());
        assert_eq!((her.drafts(None, 9).unwrap().total, him.drafts(None, 9).unwrap().total), (0, 1));
    };
    look(&her, &him);
    assert_ne!(her_server.device_keys(), his_server.device_keys(), "two devices for the server");
    drop((her, him));
    look(&hers.open(&her_server), &his.open(&his_server));
    // One leaves; the other's files are not touched.
    let before = crate::store::DATABASE_FILE;
    std::fs::remove_dir_all(hers.path()).unwrap();
    assert!(his.path().join(before).exists());
    assert!(shown(&his.open(&his_server)).contains(HIS));
}

#[tokio::test]
async fn a_card_of_another_programme_needs_another_directory_and_changes_nothing_here() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open_with(&server, &two_programmes());
    client.enroll(&server.card()).await.unwrap();
    let (before, requests) = (client.enrollment().unwrap(), server.requests());
    let index = yorisoi_protocol::Programme::parse(ITABASHI).unwrap().index;
    let other = EnrollmentCode::issue(index, 0x1234).unwrap().grouped();
    assert_eq!(client.check_card(&other).unwrap().programme, "itabashi-2021");
    assert_eq!(code(client.enroll(&other).await), "already_enrolled");
    assert_eq!((client.enrollment().unwrap(), server.requests()), (before, requests), "nothing was sent");
    // The same app, the same person: a directory of its own.
    let second = Phone::new();
    let itabashi = second.open_with(&server, &two_programmes());
    assert_eq!(itabashi.enrollment().unwrap(), None);
    assert_eq!(itabashi.check_card(&other).unwrap().programme, "itabashi-2021");
}

#[tokio::test]
async fn another_spelling_of_the_servers_address_opens_the_same_store() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    client.ask(Service::Obstetrics, Subject::Parent, HERS).unwrap();
    drop(client);
    for spelling in
        ["https://soudan.example.jp", "https://SOUDAN.example.jp/", "https://soudan.example.jp:443"]
    {
        let config = ClientConfig { server: spelling.to_owned(), ..phone.config(None) };
        let opened = YorisoiClient::open(&config, phone.host());
        // One that is not taken says so; none opens an empty store.
        match opened {
            Ok(client) => assert!(shown(&client).contains(HERS), "{spelling}"),
            Err(error) => assert_eq!(error.code(), "setting_invalid", "{spelling}"),
        }
        let files = std::fs::read_dir(phone.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let databases = files.filter(|name| name.to_string_lossy().ends_with(".db")).count();
        assert_eq!(databases, 1, "{spelling}");
    }
}
