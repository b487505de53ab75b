//! Rules of a loss of power at any moment: what was acknowledged is there, what was not is there wholly or not at all, what was
//! pulled is lost from its end alone, and everything goes on.

use std::collections::HashSet;

use tempfile::TempDir;
use yorisoi_fault_vfs::{Chance, Crash, FileKind, Loss, Watch};
use yorisoi_protocol::consent::Purpose;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{OperationBody, OperationHead};

use super::life_tests::{Life, STORY, Step, View, consent, story};
use super::*;
use crate::store::{DATABASE_FILE, ThreadMessage, Writer};
use crate::testing::Phone;

/// A rule that was broken.
type Broken = String;

fn rule(holds: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(what()) }
}

fn opened(phone: &Phone, server: &Arc<crate::testing::FakeServer>) -> Result<YorisoiClient, Broken> {
    phone.try_open_over(server.clone()).map_err(|error| format!("does not open: {}", error.code()))
}

/// The power goes off before step `at` of this life; the phone is started again and everything is looked at.
async fn crash(life: &Life, at: usize, loss: Loss, chance: &mut Chance) -> Result<Crash, Broken> {
    let phone = life.phone.after_crash(tempfile::tempdir().unwrap());
    let crash = life.watch().crash(at, loss, chance, phone.path()).unwrap();
    let server = life.server_at(at, chance.coin());
    let client = opened(&phone, &server)?;
    let view = look(&client)?;
    let allowed = life.allowed(at, loss);
    rule(allowed.contains(&view), || format!("{view:#?}\nis none of\n{allowed:#?}"))?;
    belongs_together(&client)?;
    sound(&phone)?;
    goes_on(&client, &server).await?;
    Ok(crash)
}

fn look(client: &YorisoiClient) -> Result<View, Broken> {
    View::of(client).map_err(|error| format!("cannot be read: {}", error.code()))
}

fn sound(phone: &Phone) -> Result<(), Broken> {
    let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    let sound: Result<String, _> = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    rule(sound == Ok("ok".to_owned()), || format!("integrity: {sound:?}"))
}

/// No operation without its change, and their numbers without a gap.
fn belongs_together(client: &YorisoiClient) -> Result<(), Broken> {
    let code = |error: StoreError| format!("{error}");
    let waiting = client.store.collect(0, usize::MAX, usize::MAX).map_err(code)?.operations;
    let seqs: Vec<u64> = waiting.iter().map(|outgoing| outgoing.seq).collect();
    rule(seqs.windows(2).all(|pair| pair[0] < pair[1]), || format!("numbers: {seqs:?}"))?;
    let owns = |id, seq: u64| {
        let messages = client.store.thread(id, None, u32::MAX).map(|page| page.messages).unwrap_or_default();
        let own =
            |message: &ThreadMessage| matches!(&message.writer, Writer::Parent { own, .. } if own.seq == seq);
        messages.iter().filter(|message| own(message)).count() == 1
    };
    for outgoing in waiting {
        let body = OperationHead::read(&outgoing.text).unwrap().body().unwrap();
        let change = match body {
            OperationBody::Ask { consultation, .. } | OperationBody::FollowUp { consultation, .. } => {
                owns(consultation, outgoing.seq)
            }
            OperationBody::Survey { survey, .. } => {
                client.store.survey(&survey).map_err(code)?.is_some_and(|record| record.seq == outgoing.seq)
            }
            OperationBody::Consent(entry) => client.store.consents().map_err(code)?.contains(&entry),
        };
        rule(change, || format!("operation {} has no change", outgoing.seq))?;
    }
    Ok(())
}

/// The phone enrolls where it had not, asks, and syncs: then the server has each operation once, and no more than the phone.
async fn goes_on(client: &YorisoiClient, server: &crate::testing::FakeServer) -> Result<(), Broken> {
    let code = |error: YorisoiError| format!("does not go on: {}", error.code());
    if client.enrollment().map_err(code)?.is_none() {
        client.enroll(&server.card()).await.map_err(code)?;
    }
    let keys = server.device_keys();
    rule(keys.windows(2).all(|pair| pair[0] == pair[1]), || "it is another device".to_owned())?;
    if client.consents().map_err(code)?.is_empty() {
        consent(client, Purpose::Service).map_err(code)?;
    }
    let before = client.store.progress().map_err(|e| code(e.into()))?.map_or(0, |p| p.cursor.position);
    let report = client.sync().await.map_err(code)?;
    let (_, changes) = server.decided();
    let read = u64::from(report.received);
    // More would mean that the digest was off and the stream was read again.
    rule(before + read == changes as u64, || format!("{before} were held, {read} read, {changes} are"))?;
    client.ask(Service::Pediatrics, Subject::Parent, "停電のあと").map_err(code)?;
    let report = client.sync().await.map_err(code)?;
    rule(report.verified_at.is_some() && report.pending == 0, || format!("{report:?}"))?;
    let (decided, _) = server.decided();
    let mut made = client.consents().map_err(code).map(|_| client.store.consents().unwrap().len())?;
    made += usize::from(client.survey().map_err(code)?.is_some_and(|survey| survey.answers.is_some()));
    let mut own = HashSet::new();
    for (id, _) in client.store.consultations(None, u32::MAX - 1).unwrap().0.rows {
        let thread = client.messages(id, None, 500).map_err(code)?.messages;
        own.extend(thread.into_iter().filter(|message| message.role.is_none()).map(|message| message.id));
    }
    let once: HashSet<_> = decided.iter().map(|id| MessageId::from(*id)).collect();
    rule(once.len() == decided.len(), || "the server has one twice".to_owned())?;
    rule(own.is_subset(&once), || "the server lacks one".to_owned())?;
    rule(own.len() + made == once.len(), || format!("{} + {made} here, {} there", own.len(), once.len()))
}

/// What all crashes of a test did together.
#[derive(Debug, Default)]
struct Toll {
    crashes: usize,
    unsynced: usize,
    lost_sectors: usize,
    torn_writes: usize,
    lost_names: usize,
}

impl Toll {
    fn add(&mut self, crash: Crash) {
        self.crashes += 1;
        self.unsynced += crash.unsynced;
        self.lost_sectors += crash.lost_sectors;
        self.torn_writes += crash.torn_writes;
        self.lost_names += crash.lost_names;
    }

    fn assert_every_fault_fired(&self) {
        let fired = [self.unsynced, self.lost_sectors, self.torn_writes, self.lost_names];
        assert!(fired.iter().all(|count| *count > 0), "{self:?}");
    }
}

/// Crashes this life before every `stride`th step, each time with another loss.
async fn crash_everywhere(life: &Life, seed: u64, stride: usize, toll: &mut Toll) {
    let mut chance = Chance::new(seed);
    let end = life.watch().position();
    let mut at = chance.below(stride);
    while at <= end {
        let loss = Loss::ALL[chance.below(Loss::ALL.len())];
        match crash(life, at, loss, &mut chance).await {
            Ok(crash) => toll.add(crash),
            Err(broken) => panic!("seed {seed}, before step {at} of {end}, {loss:?}: {broken}"),
        }
        at += stride;
    }
}

#[tokio::test]
async fn whenever_the_power_goes_off_nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let mut toll = Toll::default();
    let life = Life::lived(&STORY).await;
    assert!(life.marks() > STORY.len());
    crash_everywhere(&life, 1, 2, &mut toll).await;
    for seed in 2..6 {
        let life = Life::lived(&story(&mut Chance::new(seed), 24)).await;
        crash_everywhere(&life, seed, 9, &mut toll).await;
    }
    toll.assert_every_fault_fired();
    println!("{toll:?}");
}

/// The same with thousands of crashes: `cargo test -p yorisoi-core -- --ignored the_power`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn whenever_the_power_goes_off_in_many_lives_nothing_acknowledged_is_lost() {
    let mut toll = Toll::default();
    let life = Life::lived(&STORY).await;
    for seed in 100..105 {
        crash_everywhere(&life, seed, 1, &mut toll).await;
    }
    for seed in 200..240 {
        let life = Life::lived(&story(&mut Chance::new(seed), 30)).await;
        crash_everywhere(&life, seed, 4, &mut toll).await;
    }
    toll.assert_every_fault_fired();
    println!("{toll:?}");
}

/// A log that grows until it is folded in while the database is open, and begins anew.
fn long_story() -> Vec<Step> {
    let mut steps = vec![Step::Open, Step::Enroll, Step::Consent, Step::Ask];
    for round in 0..50 {
        steps.push(Step::LongDraft);
        if round % 12 == 0 {
            steps.extend([Step::Answers, Step::Sync]);
        }
    }
    steps
}

#[tokio::test]
async fn while_the_log_is_folded_in_and_begins_anew_nothing_is_lost_either() {
    let mut toll = Toll::default();
    let life = Life::lived(&long_story()).await;
    let log = std::fs::metadata(life.phone.path().join("yorisoi.db-wal")).unwrap().len();
    let end = life.watch().position();
    assert!(log < 90_000 * 48, "the log began anew: {log}");
    crash_everywhere(&life, 7, end / 40, &mut toll).await;
    assert!(toll.lost_sectors > 0 && toll.torn_writes > 0, "{toll:?}");
}

#[tokio::test]
async fn the_power_may_go_off_again_while_the_phone_starts() {
    let life = Life::lived(&STORY).await;
    let mut chance = Chance::new(11);
    let (mut again, end) = (0, life.watch().position());
    for _ in 0..40 {
        let (at, loss) = (chance.below(end), Loss::ALL[chance.below(5)]);
        let first = life.phone.after_crash(tempfile::tempdir().unwrap());
        life.watch().crash(at, loss, &mut chance, first.path()).unwrap();
        let watch = Watch::over(first.path()).unwrap();
        let client = opened(&first, life.server()).unwrap();
        // Something is written, so that closing folds the log in.
        client.store.keep_sync_times(&client.store.sync_times().unwrap()).unwrap();
        drop(client);
        let steps = watch.position();
        again += usize::from(steps > 0);
        let second = life.phone.after_crash(TempDir::new().unwrap());
        let loss = Loss::ALL[chance.below(5)];
        watch.crash(chance.below(steps + 1), loss, &mut chance, second.path()).unwrap();
        let client = opened(&second, life.server()).unwrap();
        let view = look(&client).unwrap();
        assert!(life.allowed(at, Loss::Sectors).contains(&view), "{at}");
        sound(&second).unwrap();
    }
    assert!(again > 20, "{again}");
}

/// How many of the crashes of a life on a disk that lies break a rule.
async fn broken_by(lie: FileKind) -> (usize, u64) {
    let mut life = Life::new(true);
    life.watch().lie(lie);
    life.live(&STORY).await;
    let (mut broken, mut chance) = (0, Chance::new(5));
    let end = life.watch().position();
    for at in (0..=end).step_by(1 + end / 60) {
        for loss in [Loss::Everything, Loss::Sectors] {
            broken += usize::from(crash(&life, at, loss, &mut chance).await.is_err());
        }
    }
    (broken, life.watch().lied())
}

#[tokio::test]
async fn without_any_one_of_the_syncs_these_tests_find_a_loss() {
    for lie in [FileKind::Wal, FileKind::Database, FileKind::Directory] {
        let (broken, lied) = broken_by(lie).await;
        println!("{lie:?}: {lied} syncs left out, {broken} crashes broke a rule");
        assert!(broken > 0 && lied > 0, "{lie:?}: {broken} crashes, {lied} lies");
    }
}
