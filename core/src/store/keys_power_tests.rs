//! Rules of keys and upgrades under a loss of power and on a full disk: wherever either is cut, the file opens with the key
//! the key store has at that moment, and everything stands in it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::ids::MessageId;

use super::tests::{at, consented, draft, question};
use super::*;
use crate::host::{Host, KeyStore, KeyStoreError};
use crate::testing::{MemoryKeys, Phone};

const TEXT: &str = "夜中に熱が出ました";
/// The key of the kept files of released schemas.
const FIRST_KEY: [u8; 32] = [7; 32];
/// The schemas that are brought up to the newest.
const OLDER: std::ops::Range<u32> = 1..upgrade::NEWEST;

/// A key store that notes at which step of the files it saved.
struct Noting<'a> {
    keys: &'a MemoryKeys,
    watch: &'a Watch,
    saved: Mutex<Vec<(usize, Vec<u8>)>>,
}

impl KeyStore for Noting<'_> {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.keys.load()
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        self.saved.lock().unwrap().push((self.watch.position(), key.to_vec()));
        self.keys.save(key)
    }
}

fn opened(directory: &Path, phone: &Phone, key: &[u8]) -> Result<Store, OpenError> {
    let keys = Arc::new(MemoryKeys::default());
    *keys.key.lock().unwrap() = Some(key.to_vec());
    Store::open(directory, &Host { keys, ..phone.host() })
}

fn check(store: &Store, messages: usize, drafts: usize, what: &str) {
    let (page, _) = store.consultations(None, 100).unwrap();
    let read = page.rows.iter().map(|(id, _)| store.thread(*id, None, 500).unwrap().messages.len());
    assert_eq!(read.sum::<usize>(), messages, "{what}");
    assert_eq!(store.drafts(None, 100).unwrap().rows.len(), drafts, "{what}");
    assert_eq!(
        store.search("熱が").unwrap().len(),
        messages.min(70) * usize::from(messages > 3) + 1,
        "{what}"
    );
}

#[test]
fn wherever_the_power_goes_off_during_a_change_of_the_root_key_the_key_in_the_key_store_opens_everything() {
    let phone = Phone::new();
    let watch = Watch::over(phone.path()).unwrap();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(TEXT), at(), None).unwrap();
    for _ in 0..69 {
        store.follow_up(consultation, TEXT.to_owned(), at(), at(), None).unwrap();
    }
    store.save_draft(MessageId::from_bytes([1; 16]), &draft(TEXT)).unwrap();
    let old = phone.keys.key.lock().unwrap().clone().unwrap();
    let keys = Noting { keys: &phone.keys, watch: &watch, saved: Mutex::default() };
    let begun = watch.position();
    store.change_root_key(&keys).unwrap();
    drop(store);
    let (end, mut chance) = (watch.position(), Chance::new(3));
    let [(saved_at, new)] = keys.saved.into_inner().unwrap().try_into().unwrap();
    assert!(begun < saved_at && saved_at < end);
    let mut crashes = 0;
    for at in begun..=end {
        for loss in Loss::ALL {
            let what = format!("{at} of {begun}..{saved_at}..{end}, {loss:?}");
            // While the key store saves, the power may leave it with either.
            let keys: &[&Vec<u8>] = match at.cmp(&saved_at) {
                std::cmp::Ordering::Less => &[&old],
                std::cmp::Ordering::Equal => &[&old, &new],
                std::cmp::Ordering::Greater => &[&new],
            };
            for key in keys {
                let image = tempfile::tempdir().unwrap();
                watch.crash(at, loss, &mut chance, image.path()).unwrap();
                let store =
                    opened(image.path(), &phone, key).unwrap_or_else(|error| panic!("{what}: {error}"));
                check(&store, 70, 1, &what);
                crashes += 1;
            }
        }
    }
    assert!(crashes > 100, "{crashes}");
}

fn released(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("released/schema-{schema}.db"))
}

/// A directory with a file of an older schema, watched while it is brought up to date.
fn brought_up(
    schema: u32,
    phone: &Phone,
    fault: Option<Fault>,
) -> (tempfile::TempDir, Watch, Result<Store, OpenError>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(released(schema), directory.path().join(DATABASE_FILE)).unwrap();
    let watch = Watch::over(directory.path()).unwrap();
    if let Some(fault) = fault {
        watch.fail(fault);
    }
    let store = opened(directory.path(), phone, &FIRST_KEY);
    (directory, watch, store)
}

/// A statement changes nothing in the files before the one transaction commits or SQLite needs room: the steps of the files
/// are all that a kill can come between.
#[test]
fn an_upgrade_cut_by_a_loss_of_power_at_any_step_leaves_the_old_file_or_the_new_one() {
    let phone = Phone::new();
    let mut chance = Chance::new(9);
    for schema in OLDER {
        let (_directory, watch, store) = brought_up(schema, &phone, None);
        check(&store.unwrap(), 3, 1, "uncut");
        let (end, mut old) = (watch.position(), 0);
        for (at, loss) in (0..=end).flat_map(|at| Loss::ALL.map(|loss| (at, loss))) {
            let image = tempfile::tempdir().unwrap();
            watch.crash(at, loss, &mut chance, image.path()).unwrap();
            let file = std::fs::read(image.path().join(DATABASE_FILE)).unwrap();
            old += usize::from(file[60..64] == schema.to_be_bytes());
            let what = format!("schema {schema}, {at} of {end}, {loss:?}");
            check(&opened(image.path(), &phone, &FIRST_KEY).unwrap(), 3, 1, &what);
        }
        assert!(end > 8 && old > 20, "schema {schema}: {end} steps, {old} images of the old schema");
    }
}

/// How many openings failed with this fault, one for each call of the disk.
fn failed_openings(schema: u32, phone: &Phone, kind: FaultKind, lasting: bool) -> u32 {
    let (mut failed, mut after) = (0, 0);
    loop {
        let (directory, watch, store) = brought_up(schema, phone, Some(Fault { kind, after, lasting }));
        let (fired, what) = (watch.failed() > 0, format!("schema {schema}, {kind:?} after {after}"));
        match store {
            Ok(store) => check(&store, 3, 1, &what),
            Err(error) => {
                failed += 1;
                let expected = if kind == FaultKind::Full { StoreError::Full } else { StoreError::Io };
                // A file that SQLite could not even make is said to be failing.
                let known = [OpenError::Store(expected), OpenError::Store(StoreError::Io)];
                assert!(known.contains(&error), "{what}: {error}");
            }
        }
        watch.heal();
        check(&opened(directory.path(), phone, &FIRST_KEY).unwrap(), 3, 1, &what);
        if !fired {
            return failed;
        }
        after += 1;
    }
}

#[test]
fn an_upgrade_on_a_full_or_failing_disk_is_a_typed_error_and_goes_on_once_there_is_room() {
    let phone = Phone::new();
    for schema in OLDER {
        for (kind, lasting) in [(FaultKind::Full, false), (FaultKind::Full, true), (FaultKind::Writing, true)]
        {
            let failed = failed_openings(schema, &phone, kind, lasting);
            assert!(failed > 3, "schema {schema}, {kind:?}: {failed}");
        }
    }
}
