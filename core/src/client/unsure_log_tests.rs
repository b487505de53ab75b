//! Rules of a log of which a failed sync left nothing sure: while it is folded in because of that, the power may go off.

use rusqlite::Connection;
use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::store::DATABASE_FILE;
use crate::testing::{FakeServer, Phone};

/// A phone that was told something, and then failed at this call of its disk while a question was queued. From which step of its
/// disk on, if it failed.
async fn failed_at(phone: &Phone, watch: &Watch, after: u64) -> Option<usize> {
    let server = Arc::new(FakeServer::new());
    let client = phone.enrolled(&server).await;
    let ask = || client.ask(Service::Pediatrics, Subject::Parent, "夜中に三十八度の熱が出ました");
    let consultation = ask().unwrap();
    client.sync().await.unwrap();
    for number in 1..4 {
        server.answer(number, consultation, "水分をこまめにとってください。");
    }
    ask().unwrap();
    client.sync().await.unwrap();
    let begun = watch.position();
    watch.fail(Fault { kind: FaultKind::Writing, after, lasting: false });
    let failed = ask().is_err();
    watch.heal();
    // Not closed: the power goes off now.
    std::mem::forget(client);
    failed.then_some(begun)
}

/// What a phone holds that was told, by its own account and by what stands there.
fn told(directory: &std::path::Path) -> (String, i64, i64) {
    let sql = Connection::open(directory.join(DATABASE_FILE)).unwrap();
    let number = |query: &str| sql.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    let sound = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    (sound, number("SELECT position FROM sync_progress"), number("SELECT count(*) FROM change"))
}

#[tokio::test]
async fn what_was_told_is_there_after_a_power_loss_while_the_log_is_folded_in() {
    let (mut failed, mut folding) = (0, 0);
    for after in 0..40 {
        let phone = Phone::new();
        let watch = Watch::over(phone.path()).unwrap();
        let Some(begun) = failed_at(&phone, &watch, after).await else {
            break;
        };
        failed += 1;
        let whole = told(phone.path());
        for at in begun..=watch.position() {
            let left = phone.after_crash(tempfile::tempdir().unwrap());
            watch.crash(at, Loss::Pages, &mut Chance::new(after * 1000 + at as u64), left.path()).unwrap();
            assert_eq!(told(left.path()), whole, "call {after} failed, off before step {at}");
            folding += 1;
        }
    }
    assert!(failed > 6 && folding > 150, "{failed} {folding}");
}
