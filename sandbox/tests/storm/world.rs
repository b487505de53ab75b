//! Three phones, a line, TLS, a server: each round something goes wrong while everybody syncs, and is mended.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use yorisoi_fault_vfs::Chance;
use yorisoi_protocol::Timestamp;
use yorisoi_sandbox::FaultyLine;
use yorisoi_sandbox::line::{Direction, Strike, Weather};
use yorisoi_sandbox::programmes::FUCHU_2021;
use yorisoi_sandbox::tls::{Authority, Page, Portal, TlsFront};

use crate::phone::{Answer, Phone, Places};
use crate::server::{Operator, PATIENCE, ServerProcess};
use crate::trouble::{Counted, Deck, PORTALS, Trouble};

/// 2021-10-01 03:12 JST.
const NIGHT: i64 = 1_633_025_520_000;
const PHONES: usize = 3;
/// Bytes up and down of three syncs, each over a new connection: beyond that a cut strikes nothing.
const BYTES_UP: usize = 3 * 1_400;
const BYTES_DOWN: usize = 3 * 2_000;
const SHORT: Duration = Duration::from_millis(120);
/// Longer than the budget of a sync in the background, which is a second.
const LONG: Duration = Duration::from_millis(2_500);
/// GPRS, ten times as fast, so that the test is ten times as short.
const SECOND_GENERATION: Weather =
    Weather { latency: Duration::from_millis(40), bytes_per_second: Some(40_000) };
/// Attempts until a phone has nothing left to send once all is mended: the first may meet a connection that is dead and does
/// not know it.
const ATTEMPTS: usize = 3;
pub(crate) const LOGIN: &str = "pediatrician-1";

pub(crate) struct World {
    pub(crate) operator: Operator,
    pub(crate) phones: Vec<Phone>,
    pub(crate) password: String,
    pub(crate) directory: TempDir,
    pub(crate) clock: PathBuf,
    pub(crate) server: Option<ServerProcess>,
    now: Timestamp,
    line: FaultyLine,
    front: TlsFront,
    portals: Vec<Portal>,
    chance: Chance,
    deck: Deck,
    counted: Counted,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let (clock, now) = (root.join("clock"), Timestamp::from_millis(NIGHT));
        std::fs::write(&clock, NIGHT.to_string()).unwrap();
        let operator = Operator::new(root, &clock);
        let (password, cards) = set_up(&operator, root, &clock).await;
        let authority = Authority::new().unwrap();
        let file = root.join("authority.der");
        std::fs::write(&file, authority.certificate()).unwrap();
        let identity = authority.identity("127.0.0.1").unwrap();
        let own = Authority::new().unwrap().identity("127.0.0.1").unwrap();
        let kinds = [
            (Some(&own), Page::Terms),
            (None, Page::Terms),
            (None, Page::Redirect),
            (Some(&identity), Page::Terms),
            (Some(&identity), Page::Redirect),
        ];
        let mut portals = Vec::new();
        for (identity, page) in kinds {
            portals.push(Portal::start(identity, page).await.unwrap());
        }
        let server = Some(operator.serve().await);
        let front = TlsFront::start(&identity, operator.address).await.unwrap();
        let line = FaultyLine::open().await.unwrap();
        line.lead_to(Some(front.address()));
        let address = format!("https://{}", line.address());
        let mut phones = Vec::new();
        for (number, card) in cards.iter().enumerate() {
            let places = Places::new(root.join(format!("phone-{number}")), &clock, &file, address.clone());
            phones.push(Phone::enrolled(number, places, card).await);
        }
        let (chance, deck, counted) = (Chance::new(seed), Deck::default(), Counted::default());
        Self {
            operator,
            phones,
            password,
            directory,
            clock,
            server,
            now,
            line,
            front,
            portals,
            chance,
            deck,
            counted,
        }
    }

    pub(crate) async fn round(&mut self, round: usize) {
        let trouble = self.deck.draw(&mut self.chance);
        self.pass_time(1);
        if self.chance.coin() {
            // As for a phone that changes its network: all connections are made anew.
            self.line.lead_to(Some(self.front.address()));
        }
        self.ask().await;
        let answers = self.meet(trouble).await;
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        self.counted.failed += u64::try_from(failed).unwrap();
        self.mend().await;
        for phone in &mut self.phones {
            settle(phone).await.unwrap_or_else(|last| panic!("round {round}, after {trouble:?}: {last}"));
        }
    }

    /// What struck so far.
    pub(crate) fn counted(&self) -> Counted {
        let mut portals = [0; PORTALS];
        for (count, portal) in portals.iter_mut().zip(&self.portals) {
            *count = portal.pages();
        }
        portals[0] = self.portals[0].connections();
        Counted { line: self.line.passed(), portals, ..self.counted }
    }

    fn pass_time(&mut self, seconds: i64) {
        self.now = self.now.plus_millis(seconds * 1000);
        // Renamed into place, so that no reader meets half a number.
        let new = self.clock.with_extension("new");
        std::fs::write(&new, self.now.millis().to_string()).unwrap();
        std::fs::rename(&new, &self.clock).unwrap();
    }

    async fn ask(&mut self) {
        for phone in &mut self.phones {
            for _ in 0..=self.chance.below(3) {
                let follow_up = self.chance.coin().then(|| self.chance.below(1000));
                phone.ask(follow_up).await;
            }
        }
    }

    async fn meet(&mut self, trouble: Trouble) -> Vec<Answer> {
        match trouble {
            Trouble::Calm => {}
            Trouble::CutUp => self.cut(Direction::Up, BYTES_UP),
            Trouble::CutDown => self.cut(Direction::Down, BYTES_DOWN),
            Trouble::Latency => {
                self.line.weather(Weather { latency: SHORT, bytes_per_second: None });
            }
            Trouble::SecondGeneration => self.line.weather(SECOND_GENERATION),
            Trouble::ShortStall => self.stall(SHORT),
            Trouble::LongStall => return self.long_stall().await,
            Trouble::Portal(kind) => self.line.lead_to(Some(self.portals[kind].address())),
            Trouble::Nowhere => self.line.lead_to(None),
            Trouble::ServerKilled => return self.kill(true, None).await,
            Trouble::SyncingPhoneKilled => {
                let which = self.chance.below(PHONES);
                return self.kill(false, Some(which)).await;
            }
            Trouble::BothKilled => {
                let which = self.chance.below(PHONES);
                return self.kill(true, Some(which)).await;
            }
            Trouble::AskingPhoneKilled => {
                let questions = 1 + self.chance.below(8);
                let (which, answers) = (self.chance.below(PHONES), self.chance.below(questions));
                let phone = &mut self.phones[which];
                let before = phone.in_doubt.len();
                phone.killed_while_asking(questions, answers).await;
                self.counted.phones_killed_asking += u64::from(phone.in_doubt.len() > before);
            }
        }
        self.sync_all(json!({"do": "sync"})).await
    }

    /// Up to three losses, so that it is not always the same phone's.
    fn cut(&mut self, direction: Direction, within: usize) {
        for _ in 0..=self.chance.below(3) {
            let after = u64::try_from(self.chance.below(within)).unwrap();
            let strike = if self.chance.coin() { Strike::Close } else { Strike::Reset };
            self.line.strike(direction, after, strike);
        }
    }

    fn stall(&mut self, time: Duration) {
        for (direction, within) in [(Direction::Up, 900), (Direction::Down, 600)] {
            let after = u64::try_from(self.chance.below(within)).unwrap();
            self.line.strike(direction, after, Strike::Stall(time));
        }
    }

    /// Syncs in the background, whose budget ends before the silence does. What they sent may arrive after all, later than
    /// what they send next.
    async fn long_stall(&mut self) -> Vec<Answer> {
        // Beyond the pause after any failure before.
        self.pass_time(3600);
        self.stall(LONG);
        let answers = self.sync_all(json!({"do": "sync_within", "seconds": 1})).await;
        let spent = |answer: &&Answer| answer.as_ref().is_ok_and(|value| value["verified_at"].is_null());
        self.counted.budgets_spent += u64::try_from(answers.iter().filter(spent).count()).unwrap();
        answers
    }

    async fn sync_all(&mut self, command: Value) -> Vec<Answer> {
        let syncs = self.phones.iter_mut().map(|phone| phone.tell(command.clone()));
        together(syncs).await
    }

    /// Lets everybody sync and kills the server, a phone or both at some byte of it.
    async fn kill(&mut self, server: bool, phone: Option<usize>) -> Vec<Answer> {
        for phone in &mut self.phones {
            phone.begin_sync().await;
        }
        let more = u64::try_from(self.chance.below(BYTES_UP / 2)).unwrap();
        let until = self.line.passed().bytes_up + more;
        let mut answers = Vec::new();
        let under_load = {
            let (dying, living): (Vec<_>, Vec<_>) =
                self.phones.iter_mut().enumerate().partition(|(number, _)| Some(*number) == phone);
            let living = together(living.into_iter().map(|(_, phone)| phone.answered()));
            let die = async {
                let reached = self.line.wait_for(|passed| passed.bytes_up >= until);
                // Fewer bytes may be all there are.
                let under_load = timeout(Duration::from_millis(150), reached).await.is_ok();
                if let Some(server) = self.server.take_if(|_| server) {
                    server.kill().await;
                }
                for (_, phone) in dying {
                    phone.killed_and_started().await;
                }
                under_load
            };
            let (said, under_load) = tokio::join!(living, die);
            answers.extend(said);
            under_load
        };
        self.counted.servers_killed_under_load += u64::from(under_load && server);
        self.counted.phones_killed_syncing += u64::from(under_load && phone.is_some());
        answers
    }

    /// Everything is as it should be again.
    pub(crate) async fn mend(&mut self) {
        self.line.heal();
        if self.server.is_none() {
            self.server = Some(self.operator.serve().await);
        }
        if self.portals.iter().any(|portal| self.line.leads_to() == Some(portal.address()))
            || self.line.leads_to().is_none()
        {
            self.line.lead_to(Some(self.front.address()));
        }
    }
}

async fn set_up(
    operator: &Operator,
    root: &std::path::Path,
    clock: &std::path::Path,
) -> (String, Vec<String>) {
    let programme = root.join("fuchu-2021.json");
    std::fs::write(&programme, FUCHU_2021).unwrap();
    operator.run(&["init"]).await;
    operator.run(&["programme", "add", programme.to_str().unwrap()]).await;
    let count = PHONES.to_string();
    let clock = clock.to_str().unwrap();
    let issue = ["cards", "issue", "--programme", "fuchu-2021", "--count", &count, "--clock", clock];
    let cards = operator.run(&issue).await.lines().map(str::to_owned).collect();
    let add = ["clinician", "add", "--login", LOGIN, "--role", "pediatrician"];
    (operator.run(&add).await.trim_end().to_owned(), cards)
}

/// Syncs until nothing waits; gives what the last attempt said if that takes too many.
pub(crate) async fn settle(phone: &mut Phone) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        match phone.tell(json!({"do": "sync"})).await {
            Ok(value) if value["pending"] == 0 && !value["verified_at"].is_null() => return Ok(()),
            Ok(value) => last = value.to_string(),
            Err(code) => last = code,
        }
    }
    Err(last)
}

/// All at once; the answers in their order.
async fn together<F: Future<Output = Answer>>(all: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut answers: Vec<Option<Answer>> = all.iter().map(|_| None).collect();
    let waiting = std::future::poll_fn(|context| {
        for (future, answer) in all.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        match answers.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    });
    timeout(2 * PATIENCE, waiting).await.expect("phones do not answer");
    answers.into_iter().flatten().collect()
}
