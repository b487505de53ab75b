//! Rules of files that are not what they should be: a value opens in its own place alone, damage anywhere is a typed error or
//! not there, and a file that is refused is left to the byte, with what stands beside it.

use yorisoi_protocol::ids::MessageId;

use super::tests::{at, consented, draft, files, question};
use super::*;
use crate::testing::Phone;

const TEXT: &str = "夜中に三十八度の熱が出ました";

fn written(phone: &Phone) -> Store {
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(TEXT), at(), None).unwrap();
    for _ in 0..70 {
        store.follow_up(consultation, TEXT.to_owned(), at(), at(), None).unwrap();
    }
    for (number, position) in [(1, 2), (2, 3)] {
        let batch = store.collect(0, number, usize::MAX).unwrap().operations;
        store.apply(&super::tests::plan(&batch, consultation, position)).unwrap();
    }
    for number in 1..=20 {
        store.save_draft(MessageId::from_bytes([number; 16]), &draft(&TEXT.repeat(20))).unwrap();
    }
    store.change_settings(|settings| settings.loss_mode = true).unwrap();
    store
}

/// Everything that can be read, and the first trouble.
fn read(store: &Store) -> Result<(), StoreError> {
    let (page, _) = store.consultations(None, 100)?;
    for (id, _) in page.rows {
        store.thread(id, None, 500)?;
    }
    store.drafts(None, 100)?;
    store.search("熱が")?;
    store.settings()?;
    store.progress()?;
    store.unread()?;
    store.collect(0, 100, usize::MAX)?;
    Ok(())
}

fn sql(store: &Store, statement: &str) -> usize {
    store.write(Durability::Power, |records| Ok(records.sql.execute(statement, [])?)).unwrap()
}

#[test]
fn a_value_moved_to_another_row_version_or_table_does_not_open() {
    const FIRST: &str = "(SELECT sealed FROM draft WHERE rank = 1)";
    for (what, statement) in [
        ("another id", "UPDATE draft SET id = zeroblob(16) WHERE rank = 1".to_owned()),
        ("another row", format!("UPDATE draft SET sealed = {FIRST} WHERE rank = 2")),
        ("another version", "UPDATE draft SET version = version + 1 WHERE rank = 1".to_owned()),
        ("an operation", "UPDATE operation SET sealed = (SELECT sealed FROM operation WHERE seq = 3) WHERE seq = 2".to_owned()),
        ("an operation of another number", "UPDATE operation SET seq = 900 WHERE seq = 2".to_owned()),
        ("receipts", "UPDATE receipts SET sealed = (SELECT max(sealed) FROM receipts)".to_owned()),
        ("receipts of others", "UPDATE operation SET receipts = 3 - receipts".to_owned()),
        ("a change", "UPDATE change SET number = number + 1".to_owned()),
        ("a consultation", "UPDATE consultation SET version = version - 1".to_owned()),
        ("a record", "UPDATE record SET sealed = (SELECT max(sealed) FROM record), version = (SELECT version FROM record ORDER BY sealed DESC LIMIT 1)".to_owned()),
    ] {
        let phone = Phone::new();
        let store = written(&phone);
        read(&store).unwrap();
        assert!(sql(&store, &statement) > 0, "{what}");
        assert_eq!(read(&store), Err(StoreError::Damaged), "{what}");
    }
    // The same id and version in another table: a draft's row, put there as it stands.
    let phone = Phone::new();
    let store = written(&phone);
    let moved = "INSERT INTO consultation (id, rank, version, sealed) SELECT id, 999, version, sealed FROM draft WHERE rank = 1";
    assert_eq!(sql(&store, moved), 1);
    assert_eq!(store.consultations(None, 1).err(), Some(StoreError::Damaged), "another table");
}

#[test]
fn a_row_of_another_database_does_not_open_even_under_the_same_root_key() {
    let (phone, mut other) = (Phone::new(), Phone::new());
    other.keys = phone.keys.clone();
    let id = MessageId::from_bytes([1; 16]);
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    store.save_draft(id, &draft(TEXT)).unwrap();
    drop(store);
    let second = Store::open(other.path(), &other.host()).unwrap();
    second.save_draft(id, &draft("ほかの人")).unwrap();
    let from = phone.path().join(DATABASE_FILE);
    drop(second);
    let sql = rusqlite::Connection::open(other.path().join(DATABASE_FILE)).unwrap();
    sql.execute("ATTACH ?1 AS first", [from.to_str().unwrap()]).unwrap();
    let moved = "UPDATE draft SET sealed = (SELECT sealed FROM first.draft)";
    assert_eq!(sql.execute(moved, []).unwrap(), 1);
    drop(sql);
    let second = Store::open(other.path(), &other.host()).unwrap();
    assert_eq!(second.draft(id).err(), Some(StoreError::Damaged));
    drop(second);
    // The whole ring of the other database does not make it open either.
    let sql = rusqlite::Connection::open(other.path().join(DATABASE_FILE)).unwrap();
    sql.execute("ATTACH ?1 AS first", [from.to_str().unwrap()]).unwrap();
    let ring =
        "UPDATE meta SET value = (SELECT value FROM first.meta WHERE name = 'keys') WHERE name = 'keys'";
    assert_eq!(sql.execute(ring, []).unwrap(), 1);
    drop(sql);
    let refused = Store::open(other.path(), &other.host()).err();
    assert_eq!(refused, Some(OpenError::Key(KeyTrouble::Foreign)));
}

#[test]
fn a_refused_file_and_all_that_stands_beside_it_stay_to_the_byte() {
    let phone = Phone::new();
    drop(written(&phone));
    let whole = std::fs::read(phone.path().join(DATABASE_FILE)).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let mut header = whole.clone();
    header[16..60].fill(0xa5);
    let mut ids = whole.clone();
    ids[100..].fill(0xa5);
    for (what, bytes) in [
        ("newer", newer),
        ("no database", b"not a database at all".to_vec()),
        ("zeros", vec![0; 200]),
        ("a bent header", header),
        ("nothing but a header", ids),
        ("half a page", whole[..2048].to_vec()),
    ] {
        for beside in [false, true] {
            let (directory, keys) = (tempfile::tempdir().unwrap(), phone.keys.key.lock().unwrap().clone());
            std::fs::write(directory.path().join(DATABASE_FILE), &bytes).unwrap();
            if beside {
                std::fs::write(directory.path().join("yorisoi.db-wal"), b"somebody's log").unwrap();
                std::fs::write(directory.path().join("photo"), b"another").unwrap();
            }
            let before = files(directory.path());
            for _ in 0..2 {
                let refused = Store::open(directory.path(), &phone.host()).err().expect(what);
                let typed =
                    matches!(refused, OpenError::Store(StoreError::Damaged | StoreError::Newer { .. }));
                assert!(typed, "{what}, beside: {beside}: {refused:?}");
                let mut after = files(directory.path());
                // To look into a database that has or had a log, SQLite makes its shared memory and, where there is none, an
                // empty log: nothing of anybody's.
                after.remove("yorisoi.db-shm");
                after.retain(|name, bytes| name != "yorisoi.db-wal" || !bytes.is_empty());
                assert!(before == after, "{what}, beside: {beside}: {:?}", after.keys());
                assert_eq!(*phone.keys.key.lock().unwrap(), keys);
            }
        }
    }
}

#[test]
fn a_byte_changed_anywhere_is_a_typed_error_or_no_change_and_never_another_text() {
    let phone = Phone::new();
    let store = written(&phone);
    let (_, expected) = (read(&store).unwrap(), told(&store).unwrap());
    drop(store);
    let whole = std::fs::read(phone.path().join(DATABASE_FILE)).unwrap();
    let (mut damaged, mut unharmed) = (0, 0);
    for place in (100..whole.len()).step_by(whole.len() / 250) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x5a;
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(DATABASE_FILE), &bytes).unwrap();
        let seen = Store::open(directory.path(), &phone.host())
            .map_err(|error| match error {
                OpenError::Store(error) => error,
                OpenError::Key(KeyTrouble::Foreign) => StoreError::Damaged,
                OpenError::Key(trouble) => panic!("{place}: {trouble:?}"),
            })
            .and_then(|store| told(&store));
        match seen {
            Ok(seen) => {
                // What stands unsealed may change: a rank, a number of a table. A text never does.
                assert!(seen.iter().all(|text| expected.contains(text)), "{place}");
                unharmed += 1;
            }
            Err(error) => {
                assert_eq!(error, StoreError::Damaged, "{place}");
                damaged += 1;
            }
        }
        // Reading changes nothing of the database.
        assert!(std::fs::read(directory.path().join(DATABASE_FILE)).unwrap() == bytes, "{place}");
    }
    assert!(damaged > 90 && unharmed > 5, "{damaged} damaged, {unharmed} unharmed");
}

/// Every text that can be read.
fn told(store: &Store) -> Result<Vec<String>, StoreError> {
    let mut texts = Vec::new();
    for (id, _) in store.consultations(None, 100)?.0.rows {
        texts.extend(store.thread(id, None, 500)?.messages.into_iter().map(|message| message.text));
    }
    texts.extend(store.drafts(None, 100)?.rows.into_iter().map(|(_, draft)| draft.text));
    store.settings()?;
    store.search("熱が")?;
    Ok(texts)
}

#[test]
fn a_log_cut_or_bent_anywhere_loses_its_end_alone() {
    let phone = Phone::new();
    let store = written(&phone);
    let all = told(&store).unwrap().len();
    let image = files(phone.path());
    drop(store);
    let log = &image["yorisoi.db-wal"];
    assert!(log.len() > 100_000, "{}", log.len());
    let mut fewer = 0;
    for place in (0..log.len()).step_by(log.len() / 60) {
        for bent in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let mut log = log.clone();
            if bent {
                log[place] ^= 0x5a;
            } else {
                log.truncate(place);
            }
            std::fs::write(directory.path().join(DATABASE_FILE), &image[DATABASE_FILE]).unwrap();
            std::fs::write(directory.path().join("yorisoi.db-wal"), log).unwrap();
            let store = Store::open(directory.path(), &phone.host()).unwrap();
            let texts = told(&store).unwrap();
            assert!(
                texts.len() <= all && texts.iter().all(|text| text.contains("熱が") || text == "回答"),
                "{place}"
            );
            fewer += usize::from(texts.len() < all);
            consented(&store).ask(question(TEXT), at(), None).unwrap();
            assert!(told(&store).unwrap().len() > texts.len(), "it goes on");
        }
    }
    assert!(fewer > 50, "{fewer}");
}

#[test]
fn a_file_that_lost_its_id_is_damaged_and_not_taken_for_a_new_one() {
    let first = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("released/schema-1.db");
    let phone = Phone::new();
    drop(written(&phone));
    for file in [phone.path().join(DATABASE_FILE), first] {
        for key in [None, Some(vec![7; 32])] {
            let other = Phone::new();
            let path = other.path().join(DATABASE_FILE);
            std::fs::copy(&file, &path).unwrap();
            let sql = rusqlite::Connection::open(&path).unwrap();
            assert_eq!(sql.execute("DELETE FROM meta WHERE name = 'database_id'", []).unwrap(), 1);
            drop(sql);
            other.keys.key.lock().unwrap().clone_from(&key);
            let before = std::fs::read(&path).unwrap();
            let refused = Store::open(other.path(), &other.host()).err();
            assert_eq!(refused, Some(OpenError::Store(StoreError::Damaged)));
            assert!(std::fs::read(&path).unwrap() == before);
            assert_eq!(*other.keys.key.lock().unwrap(), key, "no key is made in its place");
        }
    }
}
