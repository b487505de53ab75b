//! A family's year on a phone: a directory filled as a phone would fill it, for an app that is tested with something on its
//! screens.
//!
//! It is lived, not made up: the library asks, the clinicians of the world answer, and time passes for both. Texts are
//! synthetic.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use serde_json::{Value, json};
use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::family::FamilyFact;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, NoNotices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::{CivilDate, Timestamp};
use yorisoi_sandbox::trust;

use crate::world::utc;
use crate::{KitError, World};

/// The day the child is born, and how many days later the family is handed its card.
const BORN: &str = "2021-04-10";
const CARD_AFTER_DAYS: i64 = 12;
/// How often something is asked, in days, and how many times.
const EVERY_DAYS: i64 = 9;
const TIMES: usize = 37;

/// What is asked about a child, what the clinician answers, and what is added.
const CHILD: [[&str; 3]; 6] = [
    [
        "夜中に何度も起きます。授乳の間隔はこれでよいでしょうか。",
        "いまの間隔で大丈夫です。日中のおむつの回数も教えてください。",
        "おむつは一日八回ほどです。",
    ],
    [
        "ほほに赤い湿疹が出てきました。洗い方を教えてください。",
        "泡でやさしく洗い、よくすすいで、保湿をしてください。",
        "保湿は一日何回がよいですか。",
    ],
    [
        "吐き戻しが多い気がします。",
        "体重が増えていれば、様子を見てかまいません。",
        "体重は順調に増えています。",
    ],
    [
        "離乳食を始める時期を知りたいです。",
        "支えて座れて、食べ物に興味を示すころが目安です。",
        "少しずつ始めてみます。",
    ],
    [
        "予防接種のあと、腕が少し腫れています。",
        "数日で引くことが多いです。広がるようなら、またご相談ください。",
        "次の日には引きました。",
    ],
    [
        "後追いがはじまり、家事ができません。",
        "成長のひとつです。おんぶや、手の届くところでの声かけを試してください。",
        "おんぶを試してみます。",
    ],
];

/// What a clinician says to what was added.
const CLOSING: &str = "わかりました。気になることがあれば、いつでもご相談ください。";

/// The same about the parent.
const PARENT: [[&str; 3]; 3] = [
    [
        "産後の傷が痛みます。座り方に工夫はありますか。",
        "円座を使い、横向きで休む時間を増やしてください。",
        "円座で楽になりました。",
    ],
    [
        "母乳が足りているか不安です。",
        "体重の増え方で見ていきましょう。直近の体重を教えてください。",
        "一週間で二百グラム増えました。",
    ],
    [
        "眠りが浅い日が続いています。",
        "昼間に短く休めるよう、ご家族と相談してみてください。",
        "話してみます。",
    ],
];

/// Lives the year in this world and in this directory, and tells what a phone that opens it needs and finds.
pub(crate) async fn live_a_year(world: &mut World, directory: &Path) -> Result<Value, KitError> {
    let born = CivilDate::parse(BORN).ok_or("a day that does not exist")?;
    let mut year = Year::begin(world, directory, born).await?;
    for number in 0..TIMES {
        year.ask_and_be_answered(number).await?;
    }
    year.end().await
}

struct Year<'a> {
    world: &'a mut World,
    client: YorisoiClient,
    clock: Arc<YearClock>,
    keys: Arc<YearKeys>,
    born: CivilDate,
}

impl<'a> Year<'a> {
    /// The phone is set up and enrolled.
    async fn begin(world: &'a mut World, directory: &Path, born: CivilDate) -> Result<Self, KitError> {
        let description = world.description()?;
        let text = |name: &str| description.get(name).and_then(Value::as_str).unwrap_or_default();
        let config = ClientConfig {
            directory: directory.to_owned(),
            server: text("server").to_owned(),
            authorities: Authorities::default(),
            roots: trust::roots()?,
            manifest: Some(BASE64.decode(text("manifest").as_bytes())?),
        };
        let (clock, keys) = (Arc::new(YearClock(AtomicI64::new(0))), Arc::new(YearKeys::default()));
        let host = Host {
            keys: keys.clone(),
            clock: clock.clone(),
            notices: Arc::new(NoNotices),
            randomness: Arc::new(SystemRandomness::default()),
        };
        let first = born.plus_days(CARD_AFTER_DAYS).starts_at().plus_hours(10);
        let card = world.call("issue_card", Value::Null).await?;
        let code = card.get("code").and_then(Value::as_str).unwrap_or_default();
        clock.set(first);
        world.call("set_clock", json!({"now": utc(first)})).await?;
        let client = YorisoiClient::open(&config, host)?;
        client.enroll(code).await?;
        for purpose in [Purpose::Service, Purpose::Photo] {
            let id = if purpose == Purpose::Photo { "photo-ja-1" } else { "service-ja-1" };
            let text = ConsentText { id: id.into(), language: "ja".into(), text: "同意の文面".into() };
            client.decide_consent(purpose, ConsentState::Grant, &text)?;
        }
        client.tell_family_fact(FamilyFact::Children(vec![DateFact::Known(born)]))?;
        client.tell_family_fact(FamilyFact::Delivered(DateFact::Known(born)))?;
        Ok(Self { world, client, clock, keys, born })
    }

    /// One concern: asked at some hour, answered the same day, every other time added to and answered again. What came last is not
    /// read yet.
    async fn ask_and_be_answered(&mut self, number: usize) -> Result<(), KitError> {
        let count = i64::try_from(number)?;
        let hour = [3, 14, 22].get(number % 3).copied().unwrap_or_default();
        let day = self.born.plus_days(CARD_AFTER_DAYS + 1 + count * EVERY_DAYS);
        let asked = day.starts_at().plus_hours(hour);
        self.pass_to(asked).await?;
        let of_parent = number % 4 == 3;
        let texts = if of_parent { PARENT.get(number / 4 % 3) } else { CHILD.get(number % 6) };
        let [question, answer, more] = *texts.ok_or("no text")?;
        let (service, subject) = match of_parent {
            true => (Service::Obstetrics, Subject::Parent),
            false => (Service::Pediatrics, Subject::Child { born: Some(self.born) }),
        };
        let id = self.client.ask(service, subject, question)?;
        self.client.sync().await?;
        self.pass_to(asked.plus_hours(2)).await?;
        let role = match (of_parent, number % 8) {
            (true, 7) => "obstetrician",
            (true, _) => "midwife",
            (false, _) => "pediatrician",
        };
        self.answer(answer, role).await?;
        if number.is_multiple_of(2) {
            self.pass_to(asked.plus_hours(4)).await?;
            self.client.follow_up(id, more)?;
            self.client.sync().await?;
            self.pass_to(asked.plus_hours(6)).await?;
            self.answer(CLOSING, role).await?;
        }
        if number + 2 < TIMES {
            let page = self.client.messages(id, None, 10)?;
            self.client.mark_read(id, page.total)?;
        }
        Ok(())
    }

    /// A clinician answers what waits, and the phone hears of it.
    async fn answer(&mut self, text: &str, role: &str) -> Result<(), KitError> {
        self.world.call("answer", json!({"text": text, "role": role})).await?;
        self.client.sync().await?;
        Ok(())
    }

    /// Two drafts are left, and what waits is told.
    async fn end(self) -> Result<Value, KitError> {
        for text in ["次の健診で聞きたいこと：", "保育園のことで"] {
            let subject = Subject::Child { born: Some(self.born) };
            let (service, text) = (Service::Pediatrics, text.to_owned());
            self.client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text })?;
        }
        let list = self.client.consultations(None, 1)?;
        Ok(json!({
            "root_key": BASE64.encode(&self.keys.key()),
            "now": utc(self.clock.now()),
            "consultations": list.total,
            "unread": list.unread,
            "drafts": self.client.drafts(None, 1)?.total,
        }))
    }

    /// Time passes, for the phone and for the server.
    async fn pass_to(&mut self, now: Timestamp) -> Result<(), KitError> {
        self.clock.set(now);
        self.world.call("set_clock", json!({"now": utc(now)})).await.map(drop)
    }
}

struct YearClock(AtomicI64);

impl YearClock {
    fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Clock for YearClock {
    fn read(&self) -> ClockReading {
        let wall = self.now();
        ClockReading { wall, since_boot_millis: wall.millis(), boot: "boot-0".to_owned(), trusted: None }
    }
}

#[derive(Default)]
struct YearKeys(Mutex<Vec<u8>>);

impl YearKeys {
    fn key(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeyStore for YearKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(Some(self.key()).filter(|key| !key.is_empty()))
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = key.to_vec();
        Ok(())
    }
}
