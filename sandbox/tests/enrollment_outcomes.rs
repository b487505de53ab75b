//! The table of `docs/enrollment.md`, cell by cell, and races for a card's places: real phones, a real server, sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use yorisoi_core::view::{EnrollmentState, EnrollmentView};
use yorisoi_core::{YorisoiClient, YorisoiError};
use yorisoi_protocol::{CivilDate, EnrollmentCode};
use yorisoi_sandbox::programmes::{FUCHU_2021, ITABASHI_2021, SETAGAYA_2021};
use yorisoi_sandbox::rig::Rig;
use yorisoi_sandbox::trust;

const PAGE: &str = include_str!("../../docs/enrollment.md");
const HEAD: &str = "| situation | code | ticket, online | ticket, first without network |";
const WAYS: [Way; 3] = [Way::Code, Way::Ticket, Way::TicketUnplugged];
const RACERS: usize = 8;

/// How the card is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Code,
    Ticket,
    TicketUnplugged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Situation {
    First,
    SameDevice,
    LostReply,
    LostReplyRevoked,
    LostReplyWindowOver,
    Reinstalled,
    ReinstalledFull,
    SecondDevice,
    ThirdDevice,
    Revoked,
    RevokedJoined,
    Replaced,
    ReplacedNewCard,
    ReplacedJoinedNewCard,
    AnotherCardJoined,
    DeadlineOver,
    DeadlineBetween,
    ProgrammeUnknown,
    ProgrammeOther,
    WindowNotYet,
    WindowOver,
}

/// The situations as the page names them.
const SITUATIONS: [(&str, Situation); 21] = [
    ("first", Situation::First),
    ("same device again", Situation::SameDevice),
    ("lost reply", Situation::LostReply),
    ("lost reply, revoked meanwhile", Situation::LostReplyRevoked),
    ("lost reply, window over meanwhile", Situation::LostReplyWindowOver),
    ("app deleted and reinstalled", Situation::Reinstalled),
    ("app deleted and reinstalled, places taken", Situation::ReinstalledFull),
    ("second device", Situation::SecondDevice),
    ("third device", Situation::ThirdDevice),
    ("revoked", Situation::Revoked),
    ("revoked, device that joined before", Situation::RevokedJoined),
    ("replaced", Situation::Replaced),
    ("replaced, the new card", Situation::ReplacedNewCard),
    ("replaced, device that joined before, the new card", Situation::ReplacedJoinedNewCard),
    ("another card of the same programme, device that joined before", Situation::AnotherCardJoined),
    ("expired deadline", Situation::DeadlineOver),
    ("deadline between card and sync", Situation::DeadlineBetween),
    ("wrong programme, unknown to the app", Situation::ProgrammeUnknown),
    ("wrong programme, device in another", Situation::ProgrammeOther),
    ("before the window", Situation::WindowNotYet),
    ("after the window", Situation::WindowOver),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_situation_ends_as_the_page_says() {
    let table = table();
    let mut wrong = Vec::new();
    let mut carried_out = 0;
    for (name, situation) in SITUATIONS {
        let cells = table.get(name).unwrap_or_else(|| panic!("the page has no row “{name}”"));
        for (way, cell) in WAYS.into_iter().zip(cells) {
            let said = tokens(cell);
            if said.is_empty() {
                assert_eq!(*cell, "—", "{name}, {way:?}");
                assert_eq!(
                    situation,
                    Situation::DeadlineBetween,
                    "only this one needs a phone without network"
                );
                continue;
            }
            let seen = Scene::set(situation, way).await.play(situation).await;
            carried_out += 1;
            if seen != said {
                wrong.push(format!("{name}, {way:?}: the page says {said:?}, seen {seen:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((table.len(), carried_out), (SITUATIONS.len(), SITUATIONS.len() * 3 - 2), "rows and cells");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_typed_without_network_leaves_nothing_behind_and_is_typed_again() {
    let scene = Scene::set(Situation::First, Way::Code).await;
    let phone = scene.rig.phone("phone").unwrap();
    scene.rig.unplug();
    assert_eq!(scene.enroll(&phone, &scene.card).await, "network_interrupted");
    assert_eq!(phone.enrollment().unwrap(), None);
    scene.rig.plug();
    assert_eq!(scene.enroll(&phone, &scene.card).await, "granted: new member");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_phones_that_race_for_one_place_exactly_one_has_it() {
    for ways in [&[Way::Code][..], &[Way::Ticket], &[Way::Code, Way::Ticket]] {
        race(1, ways).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_phones_that_race_for_two_places_exactly_two_have_them() {
    for ways in [&[Way::Code][..], &[Way::Ticket], &[Way::Code, Way::Ticket]] {
        race(2, ways).await;
    }
}

/// All phones show one card with this many places at once, in turn by these ways.
async fn race(places: usize, ways: &[Way]) {
    let places_field = format!("\"members_per_card\": {places}");
    let text = edited(FUCHU_2021, "\"members_per_card\": 2", &places_field);
    let rig = Rig::start_with(&[&text], trust::manifest_of(&[&text]).unwrap()).await.unwrap();
    let card = EnrollmentCode::parse(&rig.card().unwrap()).unwrap();
    let start = Arc::new(Barrier::new(RACERS));
    let mut racing = JoinSet::new();
    for racer in 0..RACERS {
        let phone = rig.phone(&format!("phone-{racer}")).unwrap();
        let (shown, start) = (text_of(&card, ways[racer % ways.len()]), start.clone());
        racing.spawn(async move {
            start.wait().await;
            let outcome = phone.enroll(&shown).await;
            (phone, outcome)
        });
    }
    let mut granted = Vec::new();
    for (phone, outcome) in racing.join_all().await {
        match outcome {
            Ok(view) => {
                assert_eq!(view.state, EnrollmentState::Redeemed, "{places} {ways:?}");
                granted.push((phone, view));
            }
            Err(refused) => assert_eq!(refused.code(), "enrollment_card_full", "{places} {ways:?}"),
        }
    }
    assert_eq!(granted.len(), places, "{ways:?}");
    assert_eq!(rig.service.cards("fuchu-2021").unwrap()[0].members as usize, places, "{ways:?}");
    // One household, and a place each.
    assert!(granted.iter().all(|(_, view)| view.enrollment == granted[0].1.enrollment));
    let mut members: Vec<_> = granted.iter().map(|(_, view)| view.member.unwrap().to_string()).collect();
    members.sort();
    members.dedup();
    assert_eq!(members.len(), places, "{ways:?}");
    for (phone, _) in &granted {
        phone.sync().await.unwrap();
    }
    rig.stop().await.unwrap();
}

/// A server with a card, and how it is shown.
struct Scene {
    rig: Rig,
    way: Way,
    card: EnrollmentCode,
}

impl Scene {
    async fn set(situation: Situation, way: Way) -> Self {
        let deadline = "\"redeem_until\": \"2021-11-30\"";
        let fuchu = match situation {
            Situation::DeadlineOver | Situation::DeadlineBetween => {
                edited(FUCHU_2021, "\"redeem_until\": \"2021-12-31\"", deadline)
            }
            _ => FUCHU_2021.to_owned(),
        };
        let known = match situation {
            Situation::ProgrammeUnknown => trust::manifest_of(&[ITABASHI_2021, SETAGAYA_2021]),
            _ => trust::manifest_of(&[&fuchu, ITABASHI_2021, SETAGAYA_2021]),
        };
        let rig = Rig::start_with(&[&fuchu, ITABASHI_2021], known.unwrap()).await.unwrap();
        let card = EnrollmentCode::parse(&rig.card().unwrap()).unwrap();
        Self { rig, way, card }
    }

    /// What the phone under test gives, attempt by attempt.
    async fn play(mut self, situation: Situation) -> Vec<String> {
        let seen = match situation {
            Situation::LostReply | Situation::LostReplyRevoked | Situation::LostReplyWindowOver => {
                self.lose_a_reply(situation).await
            }
            Situation::DeadlineBetween => {
                self.day("2021-11-30");
                self.shows(&self.rig.phone("phone").unwrap(), || self.day("2021-12-01")).await
            }
            _ => {
                let phone = self.before(situation).await;
                self.shows(&phone, || ()).await
            }
        };
        self.rig.stop().await.unwrap();
        seen
    }

    /// What came before the attempt, and the phone that makes it.
    async fn before(&mut self, situation: Situation) -> YorisoiClient {
        match situation {
            Situation::SameDevice => return self.joined("phone").await,
            Situation::Reinstalled => self.delete_app("phone").await,
            Situation::ReinstalledFull => {
                self.joined("partner").await;
                self.delete_app("phone").await;
            }
            Situation::SecondDevice => drop(self.joined("mother").await),
            Situation::ThirdDevice => {
                self.joined("mother").await;
                self.joined("partner").await;
            }
            Situation::Revoked => self.revoke(),
            Situation::RevokedJoined => {
                let phone = self.joined("phone").await;
                self.revoke();
                return phone;
            }
            Situation::Replaced => drop(self.replace()),
            Situation::ReplacedNewCard => {
                self.joined("mother").await;
                self.card = self.replace();
            }
            Situation::ReplacedJoinedNewCard => {
                let phone = self.joined("phone").await;
                self.card = self.replace();
                return phone;
            }
            Situation::AnotherCardJoined => {
                let phone = self.joined("phone").await;
                self.card = self.rig.service.issue_cards("fuchu-2021", 1).unwrap()[0];
                return phone;
            }
            Situation::ProgrammeOther => {
                let phone = self.joined("phone").await;
                self.card = self.rig.service.issue_cards("itabashi-2021", 1).unwrap()[0];
                return phone;
            }
            Situation::DeadlineOver => self.day("2021-12-01"),
            Situation::WindowNotYet => self.day("2021-08-01"),
            Situation::WindowOver => self.day("2022-01-01"),
            _ => {}
        }
        self.rig.phone("phone").unwrap()
    }

    /// Shows the card; then what the phone keeps of it is synced, `meanwhile` having happened.
    async fn shows(&self, phone: &YorisoiClient, meanwhile: impl FnOnce()) -> Vec<String> {
        let text = text_of(&self.card, self.way);
        if self.way != Way::TicketUnplugged {
            return vec![self.attempt(phone.enroll(&text), phone).await];
        }
        self.rig.unplug();
        let members = self.members();
        let mut seen = vec![self.attempt(phone.enroll(&text), phone).await];
        assert_eq!(self.members(), members, "no network, no grant");
        self.rig.plug();
        meanwhile();
        match phone.enrollment().unwrap() {
            Some(_) => seen.push(self.sync(phone).await),
            None => assert_eq!(self.sync(phone).await, "not_enrolled"),
        }
        seen
    }

    /// The server redeems the card and the phone does not hear of it.
    async fn lose_a_reply(&self, situation: Situation) -> Vec<String> {
        let phone = self.rig.phone("phone").unwrap();
        let text = text_of(&self.card, self.way);
        let mut seen = Vec::new();
        if self.way == Way::TicketUnplugged {
            self.rig.unplug();
            seen.push(self.attempt(phone.enroll(&text), &phone).await);
            self.rig.plug();
        }
        self.rig.proxy.cut_next_reply(0);
        seen.push(match self.way {
            Way::TicketUnplugged => self.sync(&phone).await,
            Way::Code | Way::Ticket => self.attempt(phone.enroll(&text), &phone).await,
        });
        assert_eq!((self.members(), self.rig.proxy.traffic().cut), (1, 1), "granted, and not heard");
        match situation {
            Situation::LostReplyRevoked => self.revoke(),
            Situation::LostReplyWindowOver => self.day("2022-01-01"),
            _ => {}
        }
        seen.push(match phone.enrollment().unwrap() {
            Some(_) => self.sync(&phone).await,
            None => self.attempt(phone.enroll(&text), &phone).await,
        });
        seen
    }

    async fn enroll(&self, phone: &YorisoiClient, card: &EnrollmentCode) -> String {
        self.attempt(phone.enroll(&text_of(card, self.way)), phone).await
    }

    async fn sync(&self, phone: &YorisoiClient) -> String {
        let synced = async {
            phone.sync().await?;
            Ok(phone.enrollment()?.expect("who syncs has a place"))
        };
        self.attempt(synced, phone).await
    }

    /// The token of one attempt's outcome. Which grant it was is asked of the server, not of the phone.
    async fn attempt(
        &self,
        attempt: impl Future<Output = Result<EnrollmentView, YorisoiError>>,
        phone: &YorisoiClient,
    ) -> String {
        let before = self.members();
        let outcome = attempt.await;
        let taken = self.members() - before;
        let view = match outcome {
            Ok(view) => view,
            Err(error) => {
                let code = error.code();
                assert!(taken == 0 || code == "network_interrupted", "{code} after taking a place");
                return code.to_owned();
            }
        };
        assert_eq!(phone.enrollment().unwrap().as_ref(), Some(&view), "what is told is what is kept");
        let settled = view.member.is_some() && view.enrollment.is_some();
        match (view.state, taken) {
            (EnrollmentState::Provisional { .. }, _) if !settled => "provisional".to_owned(),
            (EnrollmentState::Redeemed, 1) if settled => "granted: new member".to_owned(),
            (EnrollmentState::Redeemed, 0) if settled => "granted: the same".to_owned(),
            other => panic!("no outcome the page has a word for: {other:?}"),
        }
    }

    /// How many persons joined, with whatever card.
    fn members(&self) -> u32 {
        let cards = ["fuchu-2021", "itabashi-2021"].map(|id| self.rig.service.cards(id).unwrap());
        cards.iter().flatten().map(|card| card.members).sum()
    }

    async fn joined(&self, name: &str) -> YorisoiClient {
        let phone = self.rig.phone(name).unwrap();
        phone.enroll(&self.card.grouped()).await.unwrap();
        phone
    }

    /// Joins, and deletes the app with all it kept.
    async fn delete_app(&self, name: &str) {
        drop(self.joined(name).await);
        std::fs::remove_dir_all(self.rig.phone_directory(name)).unwrap();
    }

    fn revoke(&self) {
        self.rig.service.revoke_card("fuchu-2021", 1).unwrap();
    }

    fn replace(&self) -> EnrollmentCode {
        self.rig.service.replace_card("fuchu-2021", 1).unwrap()
    }

    /// Sets the clock of server and phones to the noon of a day in Japan.
    fn day(&self, day: &str) {
        self.rig.clock.set(CivilDate::parse(day).unwrap().starts_at().plus_millis(12 * 60 * 60 * 1000));
    }
}

fn text_of(card: &EnrollmentCode, way: Way) -> String {
    match way {
        Way::Code => card.grouped(),
        Way::Ticket | Way::TicketUnplugged => trust::ticket(card).unwrap(),
    }
}

fn edited(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    text.replace(old, new)
}

/// The rows of the page: the situation, and the cells of the three ways.
fn table() -> BTreeMap<&'static str, [&'static str; 3]> {
    let rows = PAGE.lines().skip_while(|line| *line != HEAD).skip(2).take_while(|line| line.starts_with('|'));
    let mut table = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [situation, code, ticket, unplugged] = cells[..] else { panic!("four cells a row: {row}") };
        let known = SITUATIONS.iter().any(|(name, _)| *name == situation);
        assert!(known, "nothing is known of the situation “{situation}”");
        let before = table.insert(situation, [code, ticket, unplugged]);
        assert_eq!(before, None, "“{situation}” stands there twice");
    }
    table
}

/// The outcomes a cell names, in their order: what stands in backticks.
fn tokens(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}
